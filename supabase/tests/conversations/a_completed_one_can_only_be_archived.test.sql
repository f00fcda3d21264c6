begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);

select throws_ok(
  $$ update public.conversations set status = 'active' where id = 'a3000000-0000-4000-8000-000000000002' $$,
  'CA409', 'A conversation that is completed cannot become active.', 'it does not begin again'
);
select lives_ok(
  $$ update public.conversations set status = 'archived' where id = 'a3000000-0000-4000-8000-000000000002' $$,
  'it can be put away'
);
select throws_ok(
  $$ update public.conversations set status = 'paused' where id = 'a3000000-0000-4000-8000-000000000002' $$,
  'CA409', 'A conversation that is archived cannot become paused.', 'and comes back only as what it was'
);
select isnt(
  (select completed_at from public.conversations where id = 'a3000000-0000-4000-8000-000000000002'), null,
  'knowing still when it was completed'
);

select * from finish();
rollback;
