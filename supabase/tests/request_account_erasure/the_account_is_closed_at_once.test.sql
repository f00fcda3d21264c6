begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001", "act": {"sub": "agent:chatgpt"}}', true);
select throws_ok(
  'select public.request_account_erasure()',
  'CA403', 'Only she herself decides this, nobody who acts for her.', 'no agent makes her disappear'
);
select set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select results_eq(
  $$ select status::text, due_at from public.request_account_erasure('Enough.') $$,
  $$ values ('requested', now() + interval '30 days') $$, 'she may, and has days to think of it'
);

reset role;
select results_eq(
  $$ select person.deleted_at, private.is_served(person.id) from public.users as person
     where person.id = 'a0000000-0000-4000-8000-000000000001' $$,
  'values (now(), false)', 'nothing is done in her name any more'
);
select private.cancel_erasure('a0000000-0000-4000-8000-000000000001');
select ok(private.is_served('a0000000-0000-4000-8000-000000000001'), 'until staff open it again for her');

select * from finish();
rollback;
