begin;
select plan(4);

update public.subscriptions set current_period_end = now() - interval '2 days' where user_id = 'b0000000-0000-4000-8000-000000000002';
select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002"}', true);
select ok(public.has_access(), 'three days, should word of the next period be late');
select throws_ok(
  $$ update public.subscriptions set status = 'active' $$, '42501', 'permission denied for table subscriptions',
  'he does not extend it himself'
);

reset role;
update public.subscriptions set status = 'past_due', past_due_since = now() - interval '8 days'
where user_id = 'b0000000-0000-4000-8000-000000000002';
update public.subscriptions set trial_ends_at = now() where user_id = 'a0000000-0000-4000-8000-000000000001';
select set_config('role', 'authenticated', true);
select ok(not public.has_access(), 'not longer than seven after a payment failed');

select set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select ok(not public.has_access(), 'and a trial ends when it ends');

select * from finish();
rollback;
