begin;
select plan(2);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001", "act": {"sub": "agent:chatgpt"}}', true);
create temporary table written on commit drop as
select * from private.write_category_entries(
  '[{"category": "user_strengths", "values": {"name": "Patience", "strength": 6}, "confidence": 0.7,
     "source_message_id": "a4000000-0000-4000-8000-000000000003"},
    {"category": "user_people", "values": {"name": "Marta", "notes": null}}]');

select results_eq(
  $$ select strength.origin::text, strength.is_confirmed, strength.confidence from public.user_strengths as strength
     join written on written.entry_id = strength.id $$,
  $$ values ('agent', false, 0.7::double precision) $$, 'it says who thought so, and how surely'
);
select results_eq(
  'select category from written', $$ values ('user_strengths'), ('user_people') $$,
  'the ids come in the order of the entries'
);

select * from finish();
rollback;
