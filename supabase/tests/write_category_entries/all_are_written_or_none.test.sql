begin;
select plan(4);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select throws_ok(
  $$ select * from private.write_category_entries(
       '[{"category": "user_people", "values": {"name": "Marta"}},
         {"category": "user_people", "values": {"name": "Igor", "is_confirmed": true}}]') $$,
  'CA400', 'An entry of user_people has no value, or one for a column that cannot be filled in.', 'she alone confirms'
);
select is_empty($$ select from public.user_people where name = 'Marta' $$, 'what came before it is not written either');
select throws_ok(
  $$ select * from private.write_category_entries(
       '[{"category": "user_people", "values": {"name": "Igor", "known_since": "since school"}}]') $$,
  'CA400', 'An entry of user_people has a value that does not fit its column.', 'what does not fit is not quoted'
);
select throws_ok(
  $$ select * from private.write_category_entries('[{"category": "user_sleep_routine", "values": {"quality": 3}}]') $$,
  'CA400', 'There is no such category of entries to write.', 'and what holds one row each is hers alone'
);

select * from finish();
rollback;
