begin;
select plan(3);

select throws_ok(
  $$ update public.memory_vectors set embedder = 'other' where id = 'aa200000-0000-4000-8000-000000000001' $$,
  'CA409', 'A vector is replaced, never changed.', 'not even in the dashboard'
);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
update public.memories set content = 'Ana has written to her sister.' where id = 'aa200000-0000-4000-8000-000000000001';
select is_empty(
  $$ select from public.memory_vectors where id = 'aa200000-0000-4000-8000-000000000001' $$, 'new words need a new one'
);
select lives_ok(
  $$ insert into public.memory_vectors (id, embedder, embedding, search)
     values ('aa200000-0000-4000-8000-000000000001', 'seed', array_fill(0.1, '{768}')::extensions.halfvec, 'sister') $$,
  'which the server makes'
);

select * from finish();
rollback;
