begin;
select plan(2);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select isnt_empty(
  $$ select from public.user_support_system where person_id = 'aa102000-0000-4000-8000-000000000002' $$,
  'she can ring Jonas'
);
delete from public.user_people where id = 'aa102000-0000-4000-8000-000000000002';
select is_empty(
  $$ select from public.user_support_system where name = 'Jonas' $$,
  'until she removes him, who never agreed to be here'
);

select * from finish();
rollback;
