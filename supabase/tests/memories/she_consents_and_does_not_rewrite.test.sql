begin;
select plan(3);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);

select throws_ok(
  $$ update public.memories set content = 'Ana never wakes.' $$, '42501', 'permission denied for table memories',
  'what it says is the server''s'
);
update public.memories set is_consented = true where id = 'aa200000-0000-4000-8000-000000000003';
select isnt(
  (select consented_at from public.memories where id = 'aa200000-0000-4000-8000-000000000003'), null,
  'whether it stays is hers'
);
select is(
  (select composite_score from public.memories where id = 'aa200000-0000-4000-8000-000000000001'),
  0.5 * 0.9 + 0.3 * 0.7 + 0.2 * 1::double precision, 'and its weight is computed'
);

select * from finish();
rollback;
