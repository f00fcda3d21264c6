begin;
select plan(4);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select is(
  private.claim_idempotency_key('startConversation', 'k-1', 'hash', 'a3000000-0000-4000-8000-000000000009'),
  null, 'the first may write'
);
select is(
  private.claim_idempotency_key('startConversation', 'k-1', 'hash', 'a3000000-0000-4000-8000-000000000008'),
  'a3000000-0000-4000-8000-000000000009', 'a repeat is told what was made'
);
select throws_ok(
  $$ select private.claim_idempotency_key('startConversation', 'k-1', 'other', 'a3000000-0000-4000-8000-000000000008') $$,
  'CA409', 'This idempotency key was used with another request.', 'another request under this key is refused'
);

select set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002"}', true);
select is(
  private.claim_idempotency_key('startConversation', 'k-1', 'other', 'b3000000-0000-4000-8000-000000000008'),
  null, 'and Ben''s keys are his own'
);

select * from finish();
rollback;
