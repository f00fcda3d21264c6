begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
insert into public.consents (kind, consent_version, is_given) values ('analytics', 1, true);
select ok((select allow_analytics from public.user_privacy_settings), 'a consent turns the switch');
update public.user_privacy_settings set allow_analytics = false;
select results_eq(
  $$ select is_given from public.consents where kind = 'analytics' order by created_at $$, 'values (true), (false)',
  'and the switch is an answer'
);
select throws_ok(
  $$ insert into public.consents (kind, consent_version, is_given) values ('research', 2, true) $$,
  'CA400', 'Nobody is asked for this consent in this version.', 'to what was asked'
);

select set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001", "act": {"sub": "agent:chatgpt"}}', true);
select throws_ok(
  $$ insert into public.consents (kind, consent_version, is_given) values ('terms', 1, true) $$,
  'CA403', 'Only she herself decides this, nobody who acts for her.', 'by her, and no agent'
);

select * from finish();
rollback;
