begin;
select plan(2);

select is_empty(
  $$ select tgrelid::regclass from pg_trigger
     where tgfoid = 'private.live_record'::regproc
       and private.is_sensitive((select relname from pg_class where oid = tgrelid)) $$,
  'nor of the other sensitive kinds'
);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
create temporary table head on commit drop as select seq from public.live_heads;
update public.user_suicidal_thoughts set note = 'It was the winter.';
set constraints all immediate;
select results_eq(
  'select seq from public.live_heads', 'select seq from head',
  'the device in somebody''s hand stays still'
);

select * from finish();
rollback;
