-- Ana's and Ben's privacy: what they allow, what they agreed to, copies they asked for, and a farewell each took back.

-- The trigger on users has made the rows.
update public.user_privacy_settings
set auto_anonymize_pii = true, handling_of_names = 'keep', data_retention_days = 730
where user_id = 'a0000000-0000-4000-8000-000000000001' and version = 1;
update public.user_privacy_settings
set allow_analytics = true, handling_of_addresses = 'drop'
where user_id = 'b0000000-0000-4000-8000-000000000002' and version = 1;

-- Ana agrees to what is needed and to be remembered, and took back what she had agreed to for research.
-- Ben lets his contacts be written to, and wants no mail.
insert into public.consents (id, user_id, kind, consent_version, is_given, created_at)
select answer.id::uuid, answer.user_id::uuid, answer.kind::public.consent_kind, 1, answer.is_given, now() - answer.ago
from (
  values
    ('aa720000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'terms', true, interval '40 days'),
    ('aa720000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001', 'privacy', true, interval '40 days'),
    ('aa720000-0000-4000-8000-000000000003', 'a0000000-0000-4000-8000-000000000001', 'sensitive_categories', true, interval '40 days'),
    ('aa720000-0000-4000-8000-000000000004', 'a0000000-0000-4000-8000-000000000001', 'long_term_storage', true, interval '39 days'),
    ('aa720000-0000-4000-8000-000000000005', 'a0000000-0000-4000-8000-000000000001', 'research', true, interval '39 days'),
    ('aa720000-0000-4000-8000-000000000006', 'a0000000-0000-4000-8000-000000000001', 'research', false, interval '5 days'),
    ('ba720000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002', 'terms', true, interval '12 days'),
    ('ba720000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002', 'privacy', true, interval '12 days'),
    ('ba720000-0000-4000-8000-000000000003', 'b0000000-0000-4000-8000-000000000002', 'sensitive_categories', true, interval '12 days'),
    ('ba720000-0000-4000-8000-000000000004', 'b0000000-0000-4000-8000-000000000002', 'contact_safety_network', true, interval '11 days'),
    ('ba720000-0000-4000-8000-000000000005', 'b0000000-0000-4000-8000-000000000002', 'contact', false, interval '11 days')
) as answer (id, user_id, kind, is_given, ago)
on conflict (id) do nothing;

insert into public.data_exports (
  id, user_id, status, format, include_sensitive, byte_size, row_count, attempts, ready_at, expires_at, created_at
)
values
  ('aa730000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'expired', 'json', false,
   18204, 41, 1, now() - interval '18 days', now() - interval '11 days', now() - interval '18 days'),
  ('ba730000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002', 'expired', 'csv', true,
   9310, 23, 1, now() - interval '9 days', now() - interval '2 days', now() - interval '9 days')
on conflict (id) do nothing;

insert into public.erasure_requests (id, user_id, status, reason, created_at, due_at, cancelled_at)
values
  ('aa740000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'cancelled',
   'I thought that I would rather do this alone.', now() - interval '30 days', now(), now() - interval '28 days'),
  ('ba740000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002', 'cancelled',
   null, now() - interval '10 days', now() + interval '20 days', now() - interval '9 days')
on conflict (id) do nothing;
