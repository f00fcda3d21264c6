begin;
select plan(4);

insert into auth.users (id, email, is_anonymous, raw_user_meta_data)
values ('c0000000-0000-4000-8000-000000000003', 'cora@example.com', false,
        jsonb_build_object('birth_year', extract(year from now())::integer - 12, 'country', 'FR'));
select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "c0000000-0000-4000-8000-000000000003"}', true);
select throws_ok(
  $$ insert into public.conversations (title) values ('Hello') $$, 'CA451', null, 'at twelve she begins no conversation'
);
select throws_ok(
  $$ select public.find_or_start_conversation('chatgpt', 'a-thread') $$, 'CA451', null, 'nor by another way'
);
select throws_ok(
  $$ insert into public.journal_entries (content) values ('Dear diary') $$, 'CA451', null, 'and keeps no journal'
);
select lives_ok(
  $$ insert into public.safety_plans (coping_alone) values ('{"Ring Granny"}') $$, 'what keeps her safe is open to her'
);

select * from finish();
rollback;
