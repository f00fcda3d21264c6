begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select public.reorder_safety_contacts('{aa611000-0000-4000-8000-000000000002, aa611000-0000-4000-8000-000000000001}');
select results_eq(
  'select external_first_name from public.safety_contacts order by priority_order', $$ values ('Teo'), ('Odile') $$,
  'in this order'
);
select throws_ok(
  $$ select public.reorder_safety_contacts('{aa611000-0000-4000-8000-000000000002}') $$,
  'CA400', 'Name each of your contacts once.', 'nobody is left out'
);
select throws_ok(
  $$ select public.reorder_safety_contacts(
       '{aa611000-0000-4000-8000-000000000002, aa611000-0000-4000-8000-000000000002}') $$,
  'CA400', 'Name each of your contacts once.', 'or named twice'
);
select throws_ok(
  $$ select public.reorder_safety_contacts(
       '{aa611000-0000-4000-8000-000000000001, aa611000-0000-4000-8000-000000000002, ba611000-0000-4000-8000-000000000001}') $$,
  'CA400', 'Name each of your contacts once.', 'and Ben''s mother is none of hers'
);

select * from finish();
rollback;
