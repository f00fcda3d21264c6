begin;
select plan(3);

update public.journey_sessions
set last_active_at = now() - case id when 'aa509000-0000-4000-8000-000000000003' then interval '6 days' else '4 days' end;
select results_eq(
  $$ select private.abandon_idle_journey_sessions('5 days') $$, 'values (1)', 'after five days without her'
);
select results_eq(
  $$ select status::text, abandoned_at from public.journey_sessions where id = 'aa509000-0000-4000-8000-000000000003' $$,
  $$ values ('abandoned', now()) $$, 'it is this one'
);
select throws_ok(
  $$ select private.abandon_idle_journey_sessions('23 hours') $$, 'CA400', 'Nobody is idle within a day.',
  'nobody is hurried'
);

select * from finish();
rollback;
