begin;
select plan(4);

select isnt_empty('select from public.audit_log', 'there are lines');
select throws_ok(
  $$ update public.audit_log set event_type = 'nothing.happened' $$,
  'CA409', 'Lines are added to the audit log; they are not changed or removed.', 'the dashboard changes none'
);
select throws_ok(
  'delete from public.audit_log',
  'CA409', 'Lines are added to the audit log; they are not changed or removed.', 'removes none'
);
select throws_ok(
  'truncate public.audit_log',
  'CA409', 'Lines are added to the audit log; they are not changed or removed.', 'and not all of them at once'
);

select * from finish();
rollback;
