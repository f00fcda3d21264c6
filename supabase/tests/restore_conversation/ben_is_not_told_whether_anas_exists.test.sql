begin;
select plan(3);

update public.conversations set status = 'archived' where id = 'a3000000-0000-4000-8000-000000000001';
select isnt_empty(
  $$ select from public.conversations where id = 'a3000000-0000-4000-8000-000000000001' and status = 'archived' $$,
  'Ana''s is there, and in the archive'
);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002"}', true);
select throws_ok(
  $$ select public.restore_conversation('a3000000-0000-4000-8000-000000000001') $$,
  'CA404', 'There is no such conversation, or it is not yours.', 'Ben hears of hers'
);
select throws_ok(
  $$ select public.restore_conversation('a3000000-0000-4000-8000-0000000000ff') $$,
  'CA404', 'There is no such conversation, or it is not yours.', 'what he hears of one that is not there'
);

select * from finish();
rollback;
