begin;
select plan(3);

insert into auth.users (id, email, is_anonymous, raw_user_meta_data)
values ('c0000000-0000-4000-8000-000000000003', 'cora@example.com', false, '{"birth_year": "1990", "country": "FR"}');
select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "c0000000-0000-4000-8000-000000000003"}', true);
update public.profiles set emotional_tone = '{curious}';
insert into public.onboarding (completed) values (true);

select is((select completed_at from public.onboarding), now(), 'it says when');
select is(
  (select initial_emotional_tone from public.profiles), '{curious}',
  'how she was then is how she was at the beginning'
);
select throws_ok(
  'update public.onboarding set completed = false', 'CA409', 'An onboarding that is completed stays so.',
  'and that is that'
);

select * from finish();
rollback;
