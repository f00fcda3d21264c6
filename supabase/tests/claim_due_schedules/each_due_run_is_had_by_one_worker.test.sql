begin;
select plan(4);

update public.schedules set next_run_at = null;
update public.schedules set next_run_at = now() - interval '3 days' where id = 'aa514000-0000-4000-8000-000000000001';

create temporary table claim on commit drop as select * from private.claim_due_schedules(10, 60);
select results_eq(
  'select schedule_id, due_at, fence from claim',
  $$ values ('aa514000-0000-4000-8000-000000000001'::uuid, now() - interval '3 days', 1) $$,
  'what is due, once, however late'
);
select is_empty('select * from private.claim_due_schedules(10, 60)', 'nobody else gets it');
select private.finish_schedule_run(execution_id, fence, now() + interval '1 day', 'succeeded') from claim;
select results_eq(
  $$ select next_run_at, last_run_at is not null from public.schedules where id = 'aa514000-0000-4000-8000-000000000001' $$,
  $$ values (now() + interval '1 day', true) $$, 'done, it is appointed anew'
);
select throws_ok(
  $$ select private.finish_schedule_run(execution_id, fence, now() + interval '1 day', 'failed', 'late') from claim $$,
  'CA410', 'This run is not held by this claim any more.', 'and over'
);

select * from finish();
rollback;
