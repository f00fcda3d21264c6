begin;
select plan(4);

delete from public.user_activity_days where user_id = 'a0000000-0000-4000-8000-000000000001';
select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select private.record_activity(now() - interval '2 days');
select is(private.record_activity(now()), 1, 'a day was missed');
select is(private.record_activity(now() - interval '1 day'), 3, 'and was not, says a phone that had been offline');
select is(private.record_activity(now()), 3, 'the same day again is the same day');
select throws_ok(
  $$ select private.record_activity(now() + interval '1 day') $$, 'CA400', 'An activity is not in the future.',
  'none is ahead'
);

select * from finish();
rollback;
