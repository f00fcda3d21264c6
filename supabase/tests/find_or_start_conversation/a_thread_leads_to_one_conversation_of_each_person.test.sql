begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select is(
  (select id from public.find_or_start_conversation('chatgpt', 'thread-letters')),
  'a3000000-0000-4000-8000-000000000002', 'a thread that is known leads to where it led'
);
select is(
  (select title from public.find_or_start_conversation('chatgpt', 'thread-new', 'From elsewhere')),
  'From elsewhere', 'a new one begins a conversation'
);
select is(
  (select count(distinct started.id) from generate_series(1, 3),
          public.find_or_start_conversation('chatgpt', 'thread-new', 'Again') as started),
  1::bigint, 'once'
);

select set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002"}', true);
select is(
  (select user_id from public.find_or_start_conversation('chatgpt', 'thread-letters')),
  'b0000000-0000-4000-8000-000000000002', 'Ben''s thread of the same name leads to his own'
);

select * from finish();
rollback;
