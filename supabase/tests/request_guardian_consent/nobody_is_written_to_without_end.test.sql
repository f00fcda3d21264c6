begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select throws_ok(
  $$ select public.request_guardian_consent('ANA@example.com') $$,
  'CA400', 'This is your own address. Give that of your guardian.', 'nobody is her own guardian'
);
select public.request_guardian_consent('one@example.com'), public.request_guardian_consent('two@example.com');
select results_eq(
  $$ select guardian_email from public.guardian_consents where status = 'requested' $$, $$ values ('two@example.com') $$,
  'one is asked at a time'
);
select public.request_guardian_consent('three@example.com');
select throws_ok(
  $$ select public.request_guardian_consent('four@example.com') $$,
  'CA429', 'You have asked three times today. Ask again tomorrow.', 'three in a day'
);
select throws_ok(
  $$ update public.guardian_consents set status = 'granted' $$, '42501', 'permission denied for table guardian_consents',
  'and nobody agrees but who was asked'
);

select * from finish();
rollback;
