begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);

select public.dismiss_category_entry('user_themes', 'aa101000-0000-4000-8000-000000000002');
select is_empty(
  $$ select from public.user_themes where id = 'aa101000-0000-4000-8000-000000000002' $$, 'what the companion thought'
);
select throws_ok(
  $$ select public.dismiss_category_entry('user_themes', 'aa101000-0000-4000-8000-000000000001') $$,
  'CA409', 'This entry is confirmed; delete it if it is to go.', 'not what she said herself'
);
select isnt_empty(
  $$ select from public.user_themes where id = 'aa101000-0000-4000-8000-000000000001' $$, 'which stays'
);
select throws_ok(
  $$ select public.dismiss_category_entry('user_themes; drop table public.users', 'aa101000-0000-4000-8000-000000000001') $$,
  'CA400', 'There is no such category of entries to dismiss.', 'and no name is taken for more than a name'
);

select * from finish();
rollback;
