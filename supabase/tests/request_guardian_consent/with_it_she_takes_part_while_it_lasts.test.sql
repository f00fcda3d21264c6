begin;
select plan(4);

insert into auth.users (id, email, is_anonymous, raw_user_meta_data)
values ('c0000000-0000-4000-8000-000000000003', 'cora@example.com', false,
        jsonb_build_object('birth_year', extract(year from now())::integer - 14, 'country', 'FR'));
select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "c0000000-0000-4000-8000-000000000003"}', true);
create temporary table link on commit drop as
select private.issue_guardian_link(consent.id) as token
from public.request_guardian_consent('Father@example.com', 'Her father') as consent;
select ok(not private.takes_part(), 'asking is not enough');

select private.grant_guardian_consent(token, 'email_link', '2026-1') from link;
select ok(private.takes_part(), 'when he agrees, she takes part');
select results_eq(
  'select guardian_email, guardian_name, expires_at from public.guardian_consents',
  $$ values (null::text, 'Her father', now() + interval '1 year') $$, 'for a year; his address is not kept'
);
select private.withdraw_guardian_consent(token) from link;
select ok(not private.takes_part(), 'until he takes it back');

select * from finish();
rollback;
