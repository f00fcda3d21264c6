begin;
select plan(2);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select throws_like(
  $$ insert into public.memory_links (from_memory_id, to_memory_id)
     values ('aa200000-0000-4000-8000-000000000001', 'aa200000-0000-4000-8000-000000000002') $$,
  '%memory_links_pair_key%', 'the two are linked already, the other way round'
);
select throws_ok(
  $$ insert into public.memory_links (from_memory_id, to_memory_id)
     values ('aa200000-0000-4000-8000-000000000001', 'ba200000-0000-4000-8000-000000000001') $$,
  '23503', null, 'and nothing of Ana''s is linked with Ben''s'
);

select * from finish();
rollback;
