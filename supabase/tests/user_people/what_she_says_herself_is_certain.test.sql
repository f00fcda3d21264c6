begin;
select plan(3);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select throws_ok(
  $$ insert into public.user_people (name, origin) values ('Marta', 'companion') $$,
  '42501', 'permission denied for table user_people', 'she does not speak as her companion'
);

select set_config('role', 'cairn_server', true);
select throws_like(
  $$ insert into public.user_people (name, origin, is_confirmed, confidence) values ('Marta', 'user', false, 0.4) $$,
  '%user_people_hers_are_confirmed_and_certain%', 'nor is she made to doubt'
);
select throws_ok(
  $$ insert into public.user_people (name, origin, is_confirmed, source_message_id)
     values ('Marta', 'companion', false, 'b4000000-0000-4000-8000-000000000001') $$,
  '23503', null, 'and nothing of hers is drawn from what Ben said'
);

select * from finish();
rollback;
