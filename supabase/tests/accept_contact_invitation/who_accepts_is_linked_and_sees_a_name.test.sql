begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
create temporary table invitation on commit drop as
select public.invite_safety_contact('aa611000-0000-4000-8000-000000000002') as token;
select throws_ok(
  'select public.accept_contact_invitation(token) from invitation',
  'CA404', 'This invitation is not valid, or no longer.', 'nobody is her own contact'
);

select set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002"}', true);
select is(
  (select public.accept_contact_invitation(token) from invitation), 'aa611000-0000-4000-8000-000000000002',
  'Ben accepts'
);
select results_eq('select owner_name from public.my_contact_roles()', $$ values ('Ana') $$, 'he is told for whom');
select is_empty(
  $$ select from public.safety_contacts where id = 'aa611000-0000-4000-8000-000000000002' $$,
  'and reads nothing else of hers'
);

select * from finish();
rollback;
