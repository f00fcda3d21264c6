begin;
select plan(3);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
update public.memories set superseded_by = 'aa200000-0000-4000-8000-000000000002'
where id = 'aa200000-0000-4000-8000-000000000001';
select results_eq(
  $$ select status::text, valid_until is not null from public.memories where id = 'aa200000-0000-4000-8000-000000000001' $$,
  $$ values ('inactive', true) $$, 'it is set aside, and was true until now'
);

select set_config('role', 'authenticated', true);
select throws_ok(
  $$ update public.memories set status = 'active' where id = 'aa200000-0000-4000-8000-000000000001' $$,
  'CA409', 'A memory that is inactive, and replaced by a newer one, cannot become active.', 'it does not come back'
);
select lives_ok(
  $$ update public.memories set status = 'active' where id = 'aa200000-0000-4000-8000-000000000002';
     update public.memories set status = 'archived' where id = 'aa200000-0000-4000-8000-000000000002';
     update public.memories set status = 'active' where id = 'aa200000-0000-4000-8000-000000000002' $$,
  'as one does that was only put away'
);

select * from finish();
rollback;
