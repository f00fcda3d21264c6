begin;
select plan(4);

delete from private.webhook_events;
select set_config('role', 'cairn_server', true);
select private.store_webhook_event('stripe', 'evt_1', 'invoice.paid', '{}', true);
create temporary table claim on commit drop as select * from private.claim_webhook_event('{stripe}', -1);
insert into claim select * from private.claim_webhook_event('{stripe}', 60);

select is(
  (select array_agg(attempt order by attempt) from claim), '{1, 2}',
  'when a worker is lost, the next takes it'
);
select throws_ok(
  'select private.finish_webhook_event(id, attempt) from claim where attempt = 1',
  'CA410', 'This event is not held by this attempt any more.', 'the first ends nothing'
);
select lives_ok(
  $$ select private.finish_webhook_event(id, attempt, 'b0000000-0000-4000-8000-000000000002') from claim where attempt = 2 $$,
  'the second does'
);
select is_empty($$ select * from private.claim_webhook_event('{stripe}', 60) $$, 'for good');

select * from finish();
rollback;
