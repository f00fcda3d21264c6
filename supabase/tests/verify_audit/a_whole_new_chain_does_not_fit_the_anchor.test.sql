begin;
select plan(3);

create temporary table anchor on commit drop as
select * from private.audit_anchors() where user_id = 'a0000000-0000-4000-8000-000000000001';
select is_empty(
  'select found.* from anchor, private.verify_audit(anchor.user_id, anchor.seq, anchor.hash) as found',
  'what was kept elsewhere agrees'
);
select results_eq(
  $$ select found.fault from anchor, private.verify_audit(anchor.user_id, anchor.seq, repeat('0', 64)) as found $$,
  $$ values ('rewritten') $$, 'with another hash it would not'
);
select results_eq(
  $$ select found.seq - anchor.seq, found.fault
     from anchor, private.verify_audit(anchor.user_id, anchor.seq + 2, anchor.hash) as found $$,
  $$ values (1::bigint, 'cut') $$, 'nor with a chain that was once longer'
);

select * from finish();
rollback;
