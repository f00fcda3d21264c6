begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select isnt_empty(
  $$ select from public.memory_vectors where id = 'aa200000-0000-4000-8000-000000000001' $$, 'it is found'
);

update public.memories set is_consented = false where id = 'aa200000-0000-4000-8000-000000000001';
select is_empty(
  $$ select from public.memory_vectors where id = 'aa200000-0000-4000-8000-000000000001' $$,
  'and not when she takes it back'
);
select isnt(
  (select withdrawn_at from public.memories where id = 'aa200000-0000-4000-8000-000000000001'), null,
  'it says since when'
);

select set_config('role', 'cairn_server', true);
select throws_ok(
  $$ insert into public.memory_vectors (id, embedder, embedding, search)
     values ('aa200000-0000-4000-8000-000000000001', 'seed', array_fill(0.1, '{768}')::extensions.halfvec, '') $$,
  'CA409', 'Only a memory that is active, validated and consented to has a vector.', 'nor does the server make another'
);

select * from finish();
rollback;
