begin;
select plan(4);

select set_config('role', 'cairn_server', true);
select results_eq(
  $$ select private.store_webhook_event('stripe', 'evt_1', 'invoice.paid', '{"id": "evt_1"}', true) from generate_series(1, 2) $$,
  'values (true), (false)', 'the second is no news'
);
select ok(
  private.store_webhook_event('vapi', 'evt_1', 'status-update', '{"id": "evt_1"}', true),
  'another provider''s is another'
);
select throws_ok(
  $$ select private.store_webhook_event('stripe', 'evt_2', 'invoice.paid', '{}', false) $$,
  'CA400', 'Only events whose signature was checked are stored.', 'what anybody could have sent is not stored'
);
select throws_ok(
  $$ select private.store_webhook_event('vapi', 'evt_3', 'end-of-call-report', '{"message": {"artifact": {"x": 1}}}', true) $$,
  'CA400', 'An event is stored without what was said in a call.', 'nor what was said'
);

select * from finish();
rollback;
