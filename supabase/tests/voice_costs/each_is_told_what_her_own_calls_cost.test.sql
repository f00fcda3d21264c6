begin;
select plan(3);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select results_eq(
  $$ select * from public.voice_costs('-infinity') $$,
  $$ values ('USD', 3::bigint, 840::bigint, 0.8522) $$, 'Ana''s three'
);
select results_eq(
  $$ select costs.calls, costs.total
     from public.voice_calls as call, public.voice_costs(call.created_at, call.created_at + interval '1 second') as costs
     where call.vapi_call_id = 'seed-call-ana-1' $$,
  'values (1::bigint, 0.8412)', 'one of them in its moment'
);

select set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002"}', true);
select results_eq(
  $$ select calls, total from public.voice_costs('-infinity') $$, 'values (1::bigint, 0.5230)', 'and Ben''s one'
);

select * from finish();
rollback;
