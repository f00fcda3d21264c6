begin;
select plan(4);

update public.user_privacy_settings set data_retention_days = 10 where user_id = 'a0000000-0000-4000-8000-000000000001';
update public.user_privacy_settings set data_retention_days = null where user_id = 'b0000000-0000-4000-8000-000000000002';
insert into public.check_ins (user_id, note, occurred_at)
values ('a0000000-0000-4000-8000-000000000001', 'Long ago.', now() - interval '11 days'),
       ('a0000000-0000-4000-8000-000000000001', 'Just now.', now() - interval '9 days'),
       ('b0000000-0000-4000-8000-000000000002', 'Long ago.', now() - interval '11 days');
insert into public.crisis_events (user_id, level, source, created_at)
values ('a0000000-0000-4000-8000-000000000001', 'high', 'rules', now() - interval '11 days');

select cmp_ok(private.sweep_retention(), '>=', 1::bigint, 'the worker sweeps');
select is_empty(
  $$ select from public.check_ins
     where user_id = 'a0000000-0000-4000-8000-000000000001' and occurred_at < now() - interval '10 days' $$,
  'Ana''s ten days'
);
select results_eq(
  $$ select user_id, note from public.check_ins where note in ('Long ago.', 'Just now.') order by user_id $$,
  $$ values ('a0000000-0000-4000-8000-000000000001'::uuid, 'Just now.'), ('b0000000-0000-4000-8000-000000000002', 'Long ago.') $$,
  'not what is younger, and not Ben''s'
);
select isnt_empty($$ select from public.crisis_events where level = 'high' $$, 'nor a crisis that nobody has handled');

select * from finish();
rollback;
