begin;
select plan(3);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select throws_like(
  $$ insert into public.check_ins (note, prompts) values (' ', '{"How are you?"}') $$,
  '%check_ins_say_at_least_one_thing%', 'a question and blanks'
);
select throws_like(
  'insert into public.check_ins (mood) values (11)', '%check_ins_mood_is_between_0_and_10%',
  'more than the best she can imagine'
);
select lives_ok('insert into public.check_ins (energy) values (0)', 'a single stroke is enough');

select * from finish();
rollback;
