begin;
select plan(4);

update public.schedules set next_run_at = null;
update public.schedules set next_run_at = now() where id in
  ('aa514000-0000-4000-8000-000000000001', 'ba514000-0000-4000-8000-000000000001');
update public.users set is_active = false where id = 'b0000000-0000-4000-8000-000000000002';

create temporary table claim on commit drop as select * from private.claim_due_schedules(10, -1);
select is(
  (select array_agg(user_id) from claim), '{a0000000-0000-4000-8000-000000000001}',
  'nothing is given out for Ben, who is locked out'
);
select results_eq(
  $$ select status::text, error_code from public.schedule_executions
     where user_id = 'b0000000-0000-4000-8000-000000000002' and due_at = now() $$,
  $$ values ('skipped', 'locked_out') $$, 'his is left out'
);

insert into claim select * from private.claim_due_schedules(10, 60);
select is((select max(fence) from claim), 2, 'Ana''s is given again when its lease has run out');
select throws_ok(
  'select private.hold_schedule_run(execution_id, fence, 60) from claim where fence = 1',
  'CA410', 'This run is not held by this claim any more.', 'and the first worker does not call her'
);

select * from finish();
rollback;
