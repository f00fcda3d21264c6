-- The audit log of Ana and Ben: what triggers do not write by themselves.

-- Not `on conflict do nothing`: the line would be counted on her chain, and then dropped.
insert into public.audit_log (id, user_id, event_type, event_category, severity, event_data, actor, ip_address, user_agent, created_at)
select
  told.id::uuid, told.user_id::uuid, told.event_type, told.event_category::public.audit_category,
  told.severity::public.audit_severity, told.event_data::jsonb, told.actor, told.ip_address::inet, told.user_agent,
  now() - told.ago
from (
  values
    ('aa301000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'data_export.downloaded', 'privacy',
     'notice', '{}', 'user', '192.0.2.17', 'Cairn for Android', interval '9 days'),
    ('aa301000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001', 'agent.connected', 'agent',
     'notice', '{"client_id": "chatgpt"}', 'user', '192.0.2.17', 'Cairn for Android', interval '8 days'),
    ('ba301000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002', 'password.changed', 'account',
     'notice', '{}', 'user', '198.51.100.4', 'Firefox', interval '5 days')
) as told (id, user_id, event_type, event_category, severity, event_data, actor, ip_address, user_agent, ago)
where not exists (select from public.audit_log as known where known.id = told.id::uuid)
order by told.id;
