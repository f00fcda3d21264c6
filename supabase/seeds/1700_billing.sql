-- Ben subscribes; Ana is still trying.

insert into public.subscriptions (
  id, user_id, stripe_customer_id, stripe_subscription_id, status, plan, trial_ends_at, current_period_end, last_event_at,
  created_at
)
values
  ('aa517000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', null, null, 'trialing', 'monthly',
   now() + interval '2 days', null, null, now() - interval '12 days'),
  ('ba517000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002', 'cus_seed_ben', 'sub_seed_ben', 'active',
   'monthly', now() - interval '5 days', now() + interval '18 days', now() - interval '5 days', now() - interval '12 days')
on conflict do nothing;
