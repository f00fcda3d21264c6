begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
create temporary table invitation on commit drop as
select public.invite_safety_contact('aa611000-0000-4000-8000-000000000001') as token;
select throws_ok(
  $$ select public.withdraw_as_contact('aa611000-0000-4000-8000-000000000001') $$,
  'CA404', 'You are no such contact.', 'she cannot do it for others'
);

select set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002"}', true);
select public.accept_contact_invitation(token) from invitation;
select public.withdraw_as_contact('aa611000-0000-4000-8000-000000000001');
select is_empty('select * from public.my_contact_roles()', 'Ben is free');

select set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select results_eq(
  $$ select state::text, num_nonnulls(external_first_name, external_phone_number, external_email, notes, contact_user_id)
     from public.safety_contacts where id = 'aa611000-0000-4000-8000-000000000001' $$,
  $$ values ('withdrawn', 0) $$, 'neither name nor number stays'
);
select is(
  (select response_summary from public.contact_logs where id = 'aa612000-0000-4000-8000-000000000001'), null,
  'nor what was answered once'
);

select * from finish();
rollback;
