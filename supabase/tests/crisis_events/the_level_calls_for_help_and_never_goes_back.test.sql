begin;
select plan(4);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
insert into public.crisis_events (id, level, source, flags, conversation_id)
values ('aa610000-0000-4000-8000-00000000000a', 'high', 'rules', '{self_harm}', 'a3000000-0000-4000-8000-000000000001');
select is(
  (select escalation_path from public.crisis_events where id = 'aa610000-0000-4000-8000-00000000000a'), 'care_team',
  'what is high calls the care team'
);
select results_eq(
  $$ select conversation.crisis_level, profile.current_crisis_level from public.profiles as profile
     join public.conversations as conversation on conversation.id = 'a3000000-0000-4000-8000-000000000001' $$,
  $$ values ('high'::public.crisis_level, 'high'::public.crisis_level) $$, 'her conversation and her profile know'
);
select throws_ok(
  $$ update public.crisis_events set level = 'low' where id = 'aa610000-0000-4000-8000-00000000000a' $$,
  'CA409', 'A crisis event can become graver, not lighter.', 'nobody makes light of it'
);

select set_config('role', 'authenticated', true);
select throws_ok(
  'delete from public.crisis_events', '42501', 'permission denied for table crisis_events',
  'and it is not wiped away'
);

select * from finish();
rollback;
