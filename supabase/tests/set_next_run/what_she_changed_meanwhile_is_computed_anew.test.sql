begin;
select plan(3);

update public.schedules set next_run_at = null;
create temporary table seen on commit drop as
select * from private.schedules_without_next_run(10) where schedule_id = 'aa514000-0000-4000-8000-000000000001';

update public.schedules set cron_expression = '0 21 * * SUN' where id = 'aa514000-0000-4000-8000-000000000001';
select ok(
  not (select private.set_next_run(schedule_id, version, now() + interval '1 day') from seen),
  'it was computed from what was'
);
select ok(
  (select private.set_next_run(schedule_id, version + 1, now() + interval '2 days') from seen), 'this is from what is'
);
select throws_ok(
  $$ select private.set_next_run(schedule_id, version + 1, now()) from seen $$, 'CA400', 'The next run lies ahead.',
  'ahead'
);

select * from finish();
rollback;
