begin;
select plan(3);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002"}', true),
       set_config('cairn.ip_address', '198.51.100.9', true);
select private.log_event('data_export.asked', 'privacy');
set constraints all immediate;
select results_eq(
  $$ select user_id, actor, host(ip_address) from public.audit_log where event_type = 'data_export.asked' $$,
  $$ values ('b0000000-0000-4000-8000-000000000002'::uuid, 'user', '198.51.100.9') $$, 'Ben''s, by himself, from there'
);
select throws_ok(
  $$ select private.log_event('profile.read', 'access') $$,
  'CA400', 'Nobody looks into her own data as staff.', 'what staff look at, others write down'
);

select set_config('request.jwt.claims', '', true);
select throws_ok(
  $$ select private.log_event('a.word', 'account') $$, 'CA401', 'Sign in first.',
  'and nobody''s are none'
);

select * from finish();
rollback;
