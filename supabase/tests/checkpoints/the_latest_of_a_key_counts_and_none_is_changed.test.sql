begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
insert into public.checkpoints (journey_session_id, step_id, key, value)
values ('aa509000-0000-4000-8000-000000000001', 'dim', 'awake', '4');
select results_eq(
  $$ select key, seq, value from public.latest_checkpoints('aa509000-0000-4000-8000-000000000001') order by key $$,
  $$ values ('awake', 3, '4'::jsonb), ('list', 2, '["the parcel for Lisbon", "chalk for Monday", "answer Marta"]') $$,
  'the walk is taken up from these'
);
select throws_ok(
  $$ insert into public.checkpoints (journey_session_id, step_id, key, value)
     values ('aa509000-0000-4000-8000-000000000001', 'no-such-step', 'awake', '1') $$,
  'CA400', 'This journey has no step with that id.', 'each belongs to a step'
);
select throws_ok(
  $$ insert into public.checkpoints (journey_session_id, step_id, key, value)
     values ('aa509000-0000-4000-8000-000000000002', 'to-whom', 'answer', '1') $$,
  'CA409', 'A journey session that is completed takes no more checkpoints.', 'and comes before the end'
);

reset role;
select throws_ok(
  $$ update public.checkpoints set value = '0' where id = 'aa509100-0000-4000-8000-000000000001' $$,
  'CA409', 'A checkpoint stays as it was saved. Save another.', 'even in the dashboard'
);

select * from finish();
rollback;
