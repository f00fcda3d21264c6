begin;
select plan(4);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);

select throws_ok(
  $$ select private.resend_message('a4000000-0000-4000-8000-000000000001', 'At five.', 'none', gen_random_uuid()) $$,
  'CA409', 'Only your latest message can be changed.', 'an earlier one stays'
);
select is(
  (select content from private.resend_message(
    'a4000000-0000-4000-8000-000000000003', 'A short list.', 'none', 'a4000000-0000-4000-8000-00000000000b')),
  'A short list.', 'the latest has her new words'
);
select is_empty(
  $$ select from public.messages where id = 'a4000000-0000-4000-8000-000000000004' $$,
  'the reply to the old ones is gone'
);
select is(
  (select state from public.messages where id = 'a4000000-0000-4000-8000-00000000000b'), 'queued',
  'and another will come'
);

select * from finish();
rollback;
