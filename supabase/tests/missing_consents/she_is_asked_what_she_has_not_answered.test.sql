begin;
select plan(2);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select set_eq(
  'select kind::text from private.missing_consents()', '{contact_safety_network, analytics, contact}'::text[],
  'three of eight'
);
insert into public.consents (kind, consent_version, is_given) values ('contact', 1, false), ('terms', 1, false);
select set_eq(
  'select kind::text from private.missing_consents()', '{contact_safety_network, analytics, terms}'::text[],
  'no is an answer, but to what cannot be done without'
);

select * from finish();
rollback;
