begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
update public.commitments set status = 'dropped' where id = 'aa406000-0000-4000-8000-000000000001';
select is(
  (select dropped_at from public.commitments where id = 'aa406000-0000-4000-8000-000000000001'), now(),
  'let go of, it says when'
);
select throws_ok(
  $$ update public.commitments set status = 'kept' where id = 'aa406000-0000-4000-8000-000000000001' $$,
  'CA409', 'A commitment that is dropped cannot become kept; open it first.', 'and was not kept'
);
update public.commitments set status = 'open' where id = 'aa406000-0000-4000-8000-000000000001';
select is(
  (select dropped_at from public.commitments where id = 'aa406000-0000-4000-8000-000000000001'), null,
  'taken up again, it is open'
);
select throws_ok(
  $$ update public.commitments set insight_id = 'ba405000-0000-4000-8000-000000000001'
     where id = 'aa406000-0000-4000-8000-000000000001' $$,
  '23503', null, 'and follows from no insight of Ben''s'
);

select * from finish();
rollback;
