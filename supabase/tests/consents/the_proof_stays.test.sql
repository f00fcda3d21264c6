begin;
select plan(3);

select throws_ok(
  'update public.consents set is_given = false',
  'CA409', 'An answer stays as it was given; give another one.', 'even in the dashboard'
);
select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select throws_ok(
  'delete from public.consents', '42501', 'permission denied for table consents',
  'and she does not delete it'
);

reset role;
insert into private.consent_versions (kind, version, is_required, summary) values ('terms', 2, true, 'As of now.');
select set_config('role', 'authenticated', true);
select throws_ok(
  $$ insert into public.consents (kind, consent_version, is_given) values ('terms', 1, true) $$,
  'CA409', 'There is a newer text to agree to: version 2.', 'nobody agrees to what is old'
);

select * from finish();
rollback;
