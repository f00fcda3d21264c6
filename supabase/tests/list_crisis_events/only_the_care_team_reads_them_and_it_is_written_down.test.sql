begin;
select plan(4);

insert into private.staff_members (user_id, role) values ('b0000000-0000-4000-8000-000000000002', 'care_team');
select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002", "aal": "aal1"}', true);
select throws_ok(
  'select * from public.list_crisis_events(false)', '42501', 'Only the care team may do this.',
  'not without a second factor'
);
select set_config(
  'request.jwt.claims',
  '{"sub": "b0000000-0000-4000-8000-000000000002", "aal": "aal2", "act": {"sub": "agent:chatgpt"}}', true
);
select throws_ok(
  'select * from public.list_crisis_events(false)', '42501', 'Only the care team may do this.', 'nor through an agent'
);

select set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002", "aal": "aal2"}', true);
select isnt_empty(
  $$ select from public.list_crisis_events(false) where user_id = 'a0000000-0000-4000-8000-000000000001' $$, 'in person'
);
set constraints all immediate;
reset role;
select isnt_empty(
  $$ select from public.audit_log
     where user_id = 'a0000000-0000-4000-8000-000000000001' and event_type = 'crisis_events.list'
       and event_category = 'access' and actor = 'person:b0000000-0000-4000-8000-000000000002' $$,
  'Ana finds out who looked'
);

select * from finish();
rollback;
