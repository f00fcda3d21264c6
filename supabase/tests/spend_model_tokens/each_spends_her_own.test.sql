begin;
select plan(3);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select private.spend_model_tokens(700), private.spend_model_tokens(300);
select is(private.model_tokens_spent(1), 1000::bigint, 'Ana''s add up');
select throws_ok(
  'select private.spend_model_tokens(-1)', 'CA400', 'Tokens that were spent do not come back.', 'and never less'
);

select set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002"}', true);
select is(private.model_tokens_spent(1), 0::bigint, 'Ben has spent none');

select * from finish();
rollback;
