begin;
select plan(3);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
create temporary table invitation on commit drop as
select public.invite_safety_contact('aa611000-0000-4000-8000-000000000002') as first,
       public.invite_safety_contact('aa611000-0000-4000-8000-000000000002') as second;
update invitation
set second = public.invite_safety_contact('aa611000-0000-4000-8000-000000000002');

select set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002"}', true);
select throws_ok(
  'select public.decline_contact_invitation(first) from invitation',
  'CA404', 'This invitation is not valid, or no longer.', 'only the latest invitation works'
);
select lives_ok('select public.decline_contact_invitation(second) from invitation', 'by that he says no');

select set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select throws_ok(
  $$ select public.invite_safety_contact('aa611000-0000-4000-8000-000000000002') $$,
  'CA409', 'A contact who is withdrawn cannot be invited.', 'and is not asked again'
);

select * from finish();
rollback;
