begin;
select plan(4);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select is(
  (select external_first_name from private.next_safety_contact('aa610000-0000-4000-8000-000000000001')), 'Odile',
  'the first'
);
select throws_ok(
  $$ insert into public.contact_logs (safety_contact_id, contact_method, success, reason, initiated_by)
     values ('aa611000-0000-4000-8000-000000000001', 'email', true, 'crisis', 'system') $$,
  'CA409', 'This contact may not be reached in this way.', 'not by mail, which she did not allow'
);
insert into public.contact_logs (id, safety_contact_id, crisis_event_id, contact_method, success, reason, initiated_by)
values ('aa612000-0000-4000-8000-00000000000a', 'aa611000-0000-4000-8000-000000000001',
        'aa610000-0000-4000-8000-000000000001', 'call', false, 'crisis', 'system');
select is(
  (select external_first_name from private.next_safety_contact('aa610000-0000-4000-8000-000000000001')), 'Teo',
  'then the next'
);
update public.contact_logs set success = true, response_received = true where id = 'aa612000-0000-4000-8000-00000000000a';
select is_empty(
  $$ select * from private.next_safety_contact('aa610000-0000-4000-8000-000000000001') $$,
  'and nobody once somebody answered'
);

select * from finish();
rollback;
