begin;
select plan(4);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
insert into public.voice_calls (id, assistant_id, channel, vapi_call_id)
values ('aa513000-0000-4000-8000-00000000000a', 'cairn-voice-lumen', 'web', 'a-call');

update public.voice_calls set status = 'in_progress' where id = 'aa513000-0000-4000-8000-00000000000a';
update public.voice_calls set status = 'completed', ended_at = now() + interval '5 minutes'
where id = 'aa513000-0000-4000-8000-00000000000a';
select results_eq(
  $$ select started_at, duration_seconds from public.voice_calls where id = 'aa513000-0000-4000-8000-00000000000a' $$,
  'values (now(), 300)', 'five minutes'
);
select throws_ok(
  $$ update public.voice_calls set status = 'ringing' where id = 'aa513000-0000-4000-8000-00000000000a' $$,
  'CA409', 'A call that is completed cannot become ringing.', 'late word of its beginning changes nothing'
);
select throws_ok(
  $$ update public.voice_calls set vapi_call_id = 'another' where id = 'aa513000-0000-4000-8000-00000000000a' $$,
  'CA409', 'A call keeps the id that its provider gave it.', 'it is the call that it was'
);
select results_eq(
  $$ select user_id, call_id from private.owner_of_call('a-call') $$,
  $$ values ('a0000000-0000-4000-8000-000000000001'::uuid, 'aa513000-0000-4000-8000-00000000000a'::uuid) $$,
  'and the provider''s word finds it'
);

select * from finish();
rollback;
