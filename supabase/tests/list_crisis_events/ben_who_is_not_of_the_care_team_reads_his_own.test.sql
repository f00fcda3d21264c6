begin;
select plan(3);

select isnt_empty(
  $$ select from public.crisis_events where user_id = 'a0000000-0000-4000-8000-000000000001' $$,
  'there is one of Ana''s'
);
select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002", "aal": "aal2"}', true);
select throws_ok(
  'select * from public.list_crisis_events(false)', '42501', 'Only the care team may do this.', 'Ben may not list them'
);
select results_eq(
  'select distinct user_id from public.crisis_events', $$ values ('b0000000-0000-4000-8000-000000000002'::uuid) $$,
  'and sees his'
);

select * from finish();
rollback;
