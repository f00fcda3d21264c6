begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select isnt_empty(
  $$ select from public.insights where id = 'aa405000-0000-4000-8000-000000000003' and status = 'pending' $$,
  'there is one to open'
);
select throws_like(
  $$ update public.insights set rating = 5 where id = 'aa405000-0000-4000-8000-000000000003' $$,
  '%insights_pending_ones_are_not_rated%', 'nobody judges what she has not read'
);
select lives_ok(
  $$ update public.insights set status = 'revealed' where id = 'aa405000-0000-4000-8000-000000000003';
     update public.insights set rating = 5 where id = 'aa405000-0000-4000-8000-000000000003' $$, 'afterwards she may'
);
select isnt_empty(
  $$ select from public.memory_updates where kind = 'insight' and ref_id = 'aa405000-0000-4000-8000-000000000003' and not processed $$,
  'and memory learns of it'
);

select * from finish();
rollback;
