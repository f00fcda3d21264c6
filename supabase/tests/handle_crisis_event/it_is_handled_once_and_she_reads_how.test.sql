begin;
select plan(4);

insert into public.crisis_events (id, user_id, level, source)
values ('aa610000-0000-4000-8000-00000000000a', 'a0000000-0000-4000-8000-000000000001', 'moderate', 'model');
insert into private.staff_members (user_id, role) values ('b0000000-0000-4000-8000-000000000002', 'care_team');
select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002", "aal": "aal2"}', true);
select throws_ok(
  $$ select public.handle_crisis_event('aa610000-0000-4000-8000-00000000000a', ' ') $$, 'CA400', 'Say what was done.',
  'not without a word'
);
select is(
  public.handle_crisis_event('aa610000-0000-4000-8000-00000000000a', 'Rang her; Odile is there.'), now(),
  'with one it is'
);
select throws_ok(
  $$ select public.handle_crisis_event('aa610000-0000-4000-8000-00000000000a', 'Again.') $$,
  'CA409', 'This crisis event has been handled already.', 'once'
);

select set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select results_eq(
  $$ select handled_note, handled_by from public.crisis_events where id = 'aa610000-0000-4000-8000-00000000000a' $$,
  $$ values ('Rang her; Odile is there.', 'b0000000-0000-4000-8000-000000000002'::uuid) $$,
  'Ana reads what was done for her'
);

select * from finish();
rollback;
