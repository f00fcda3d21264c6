begin;
select plan(3);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001", "act": {"sub": "agent:chatgpt"}}', true);
update public.users set bio = 'Draws hands, and herons.';
set constraints all immediate;

select results_eq(
  $$ select event_type, event_data -> 'columns', actor from public.audit_log order by seq desc limit 1 $$,
  $$ values ('users.update', '["bio"]'::jsonb, 'agent:chatgpt') $$, 'what was changed, and by whom'
);
select is_empty($$ select from public.audit_log where to_jsonb(audit_log)::text ~ 'heron' $$, 'not what she wrote');
select throws_ok(
  $$ insert into public.audit_log (user_id, seq, event_type, event_category, actor, previous_hash, hash)
     values ('a0000000-0000-4000-8000-000000000001', 1, 'a.word', 'account', 'user', '', '') $$,
  '42501', 'permission denied for table audit_log', 'and nobody adds a line of her own making'
);

select * from finish();
rollback;
