begin;
select plan(4);

update public.conversations set status = 'archived'
where user_id = 'a0000000-0000-4000-8000-000000000001' and status in ('active', 'completed');
set constraints all immediate;
select cmp_ok(
  (select max(seq) from public.audit_log where user_id = 'a0000000-0000-4000-8000-000000000001'), '>=', 4::bigint,
  'Ana has a chain'
);
select is_empty($$ select * from private.verify_audit('a0000000-0000-4000-8000-000000000001') $$, 'which is sound');

-- Whoever owns the database can do this. The trigger keeps him from doing it unawares.
alter table public.audit_log disable trigger t100_audit_log_stay;
update public.audit_log set actor = 'system:nobody' where user_id = 'a0000000-0000-4000-8000-000000000001' and seq = 3;
select results_eq(
  $$ select * from private.verify_audit('a0000000-0000-4000-8000-000000000001') $$,
  $$ values (3::bigint, 'edited') $$, 'a line that was changed'
);
delete from public.audit_log where user_id = 'a0000000-0000-4000-8000-000000000001' and seq = 2;
select results_eq(
  $$ select * from private.verify_audit('a0000000-0000-4000-8000-000000000001') $$,
  $$ values (2::bigint, 'missing'), (3, 'edited') $$, 'and one that was taken out'
);

select * from finish();
rollback;
