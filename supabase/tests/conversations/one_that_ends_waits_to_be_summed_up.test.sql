begin;
select plan(3);

update public.conversations set status = 'completed' where id = 'a3000000-0000-4000-8000-000000000001';
select isnt_empty(
  $$ select from private.jobs where kind = 'summary' and ref_id = 'a3000000-0000-4000-8000-000000000001' $$,
  'by a worker'
);
select isnt_empty(
  $$ select from public.memory_updates
     where kind = 'conversation' and ref_id = 'a3000000-0000-4000-8000-000000000001' and not processed $$,
  'and to be taken into memory'
);

delete from public.conversations where id = 'a3000000-0000-4000-8000-000000000001';
select is_empty(
  $$ select ref_id from private.jobs where ref_id = 'a3000000-0000-4000-8000-000000000001'
     union all
     select ref_id from public.memory_updates where ref_id = 'a3000000-0000-4000-8000-000000000001' $$,
  'unless she deletes it first'
);

select * from finish();
rollback;
