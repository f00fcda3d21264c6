begin;
select plan(2);

select is(
  public.conversation_minutes('2026-12-01 10:00+00', '2026-12-01 11:30:30+00'), 90.5::double precision,
  'minutes, and parts of them'
);
select is(
  (select public.conversation_minutes(created_at, last_message_at) from public.conversations
   where id = 'a3000000-0000-4000-8000-000000000002'),
  2::double precision, 'as of Ana''s letter'
);

select * from finish();
rollback;
