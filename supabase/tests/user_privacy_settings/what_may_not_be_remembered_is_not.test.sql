begin;
select plan(3);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
update public.user_privacy_settings set allow_long_term_storage = false, auto_anonymize_pii = true;
select throws_ok(
  $$ insert into public.memories (content, memory_type, storage_type) values ('Ana draws.', 'personal_fact', 'long_term') $$,
  'CA451', 'Long-term memory is switched off in the privacy settings.', 'not for long'
);
insert into public.memories (content, original_content, memory_type)
values ('[name] draws.', 'Ana draws.', 'personal_fact');
select results_eq(
  $$ select original_content from public.memories where content = '[name] draws.' $$, 'values (null::text)',
  'nor word for word'
);

select set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001", "act": {"sub": "agent:chatgpt"}}', true);
select throws_ok(
  'update public.user_privacy_settings set allow_long_term_storage = true',
  'CA403', 'Only she herself decides this, nobody who acts for her.', 'and no agent switches it on again'
);

select * from finish();
rollback;
