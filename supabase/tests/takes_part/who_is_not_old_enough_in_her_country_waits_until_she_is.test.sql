begin;
select plan(4);

select results_eq(
  $$ select private.age_of_consent(country) from unnest(array['GB', 'FR', 'DE', 'ZZ', null]) as country $$,
  'values (13), (15), (16), (16), (16)', 'each country says from when, and the others are careful'
);

insert into auth.users (id, email, is_anonymous, raw_user_meta_data)
select ('c0000000-0000-4000-8000-00000000000' || place)::uuid, country || '@example.com', false,
       jsonb_build_object('birth_year', extract(year from now())::integer - 15, 'country', country)
from unnest(array['GB', 'DE']) with ordinality as asked (country, place);
select ok(private.takes_part('c0000000-0000-4000-8000-000000000001'), 'at fifteen, in Britain, she takes part');
select ok(not private.takes_part('c0000000-0000-4000-8000-000000000002'), 'in Germany she does not');

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "c0000000-0000-4000-8000-000000000002"}', true);
select throws_ok(
  $$ update public.profiles set country = 'GB' $$,
  'CA409', 'You cannot change your country to one where younger people take part. Ask us to.',
  'and does not move there by typing'
);

select * from finish();
rollback;
