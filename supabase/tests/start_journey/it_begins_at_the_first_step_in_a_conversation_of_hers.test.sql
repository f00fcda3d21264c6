begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
create temporary table session on commit drop as select * from public.start_journey('five-things-you-see');
select results_eq(
  $$ select session.current_step, session.status::text, conversation.kind::text, conversation.title
     from session
     join public.conversations as conversation on conversation.id = session.conversation_id $$,
  $$ values (1, 'active', 'guided', 'Five things you see') $$, 'a new one, if she names none'
);
select throws_ok(
  $$ select public.start_journey('five-things-you-see', 'b3000000-0000-4000-8000-000000000001') $$,
  'CA404', 'There is no such conversation, or it is not yours.', 'not in Ben''s'
);
select throws_ok(
  $$ select public.start_journey('five-things-you-see', 'a3000000-0000-4000-8000-000000000002') $$,
  'CA409', 'A conversation that is completed takes no more messages.', 'nor in one that has ended'
);

reset role;
update public.journeys set is_active = false where slug = 'five-things-you-see';
select set_config('role', 'authenticated', true);
select throws_ok(
  $$ select public.start_journey('five-things-you-see') $$,
  'CA409', 'This journey is not offered any more.', 'and not what is not offered'
);

select * from finish();
rollback;
