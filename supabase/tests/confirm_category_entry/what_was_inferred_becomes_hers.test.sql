begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002"}', true);
select throws_ok(
  $$ select public.confirm_category_entry('user_themes', 'aa101000-0000-4000-8000-000000000002') $$,
  'CA404', 'There is no such entry, or it is not yours.', 'Ben has no say in Ana''s'
);

select set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select is(
  public.confirm_category_entry('user_themes', 'aa101000-0000-4000-8000-000000000002'),
  'aa101000-0000-4000-8000-000000000002', 'she has'
);
select ok(
  (select is_confirmed from public.user_themes where id = 'aa101000-0000-4000-8000-000000000002'), 'and it is confirmed'
);
select throws_ok(
  $$ select public.confirm_category_entry('users', 'a0000000-0000-4000-8000-000000000001') $$,
  'CA400', 'There is no such category of entries to confirm.', 'a table that is none of them is no category'
);

select * from finish();
rollback;
