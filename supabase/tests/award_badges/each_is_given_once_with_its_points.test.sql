begin;
select plan(4);

create temporary table before on commit drop as
select xp from public.users where id = 'a0000000-0000-4000-8000-000000000001';
grant select on before to authenticated;
select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);

select bag_eq(
  $$ select badge.slug from private.award_badges() as given join public.badges as badge on badge.id = given.badge_id $$,
  '{first-page, a-part-met, three-in-a-row}'::text[], 'what she had earned and not got'
);
select is((select users.xp - before.xp from public.users, before), 40, 'ten, twenty and ten');
select is_empty('select * from private.award_badges()', 'asked again, nothing');
select throws_ok(
  $$ insert into public.user_badges (badge_id, xp_awarded) select badge_id, 1000 from public.user_badges limit 1 $$,
  '23505', null, 'and none twice by another way'
);

select * from finish();
rollback;
