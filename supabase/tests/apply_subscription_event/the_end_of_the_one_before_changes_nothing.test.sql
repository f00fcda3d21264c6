begin;
select plan(3);

select set_config('role', 'cairn_server', true);
select ok(
  private.apply_subscription_event('cus_seed_ben', 'sub_yearly', now() - interval '1 minute', 'active', 'yearly'),
  'he changes to another'
);
select ok(
  not private.apply_subscription_event('cus_seed_ben', 'sub_seed_ben', now(), 'canceled'),
  'then the first one ends'
);

reset role;
select results_eq(
  $$ select stripe_subscription_id, status::text, plan from public.subscriptions where stripe_customer_id = 'cus_seed_ben' $$,
  $$ values ('sub_yearly', 'active', 'yearly') $$, 'and the second stays'
);

select * from finish();
rollback;
