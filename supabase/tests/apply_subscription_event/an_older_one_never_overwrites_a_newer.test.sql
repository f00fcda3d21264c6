begin;
select plan(4);

select set_config('role', 'cairn_server', true);
select ok(
  private.apply_subscription_event('cus_seed_ben', 'sub_seed_ben', now(), 'past_due'), 'his card was refused just now'
);
select ok(
  not private.apply_subscription_event('cus_seed_ben', 'sub_seed_ben', now() - interval '1 hour', 'active'),
  'that it was accepted an hour ago comes too late'
);
select throws_ok(
  $$ select private.apply_subscription_event('cus_nobody', 'sub_1', now(), 'active') $$,
  'CA404', 'No person is known by this customer id.', 'what is about nobody is kept by who received it'
);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002"}', true);
select results_eq(
  'select status::text, past_due_since from public.subscriptions', $$ values ('past_due', now()) $$,
  'so it stands with him'
);

select * from finish();
rollback;
