begin;
select plan(3);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001", "act": {"sub": "pipeline"}}', true);
update public.profiles set emotional_tone = '{lighter}';
select results_eq(
  $$ select origin::text from public.profile_tone_history where emotional_tone = '{lighter}' $$, $$ values ('companion') $$,
  'what her companion thinks is called that'
);
select throws_ok(
  $$ update public.profiles set initial_emotional_tone = '{happy}' $$,
  'CA409', 'How it was at the beginning stays as it was said.', 'and the beginning is not rewritten'
);
select throws_like(
  $$ update public.profiles set emotional_baseline = '{"calm": 11}' $$,
  '%profiles_emotional_baseline_holds_numbers_from_0_to_10%', 'scales end at ten'
);

select * from finish();
rollback;
