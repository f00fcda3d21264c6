begin;
select plan(2);

update auth.users
set email = 'ana@example.org', raw_user_meta_data = '{"display_name": "Anna"}'
where id = 'a0000000-0000-4000-8000-000000000001';

select results_eq(
  $$ select email, display_name from public.users where id = 'a0000000-0000-4000-8000-000000000001' $$,
  $$ values ('ana@example.org', 'Ana') $$,
  'the address follows Supabase Auth; how she is called is hers to say here'
);

update auth.users set banned_until = now() + interval '1 day' where id = 'a0000000-0000-4000-8000-000000000001';
select results_eq(
  $$ select kind, reason from private.denials where subject = 'a0000000-0000-4000-8000-000000000001' $$,
  $$ values ('user', 'banned') $$,
  'whoever is banned there is turned away here'
);

select * from finish();
rollback;
