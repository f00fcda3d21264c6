begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
insert into public.user_feedback (id, message_id, kind)
values ('aa403000-0000-4000-8000-00000000000a', 'a4000000-0000-4000-8000-000000000002', 'wrong');
select results_eq(
  $$ select status::text from public.feedback_log where feedback_id = 'aa403000-0000-4000-8000-00000000000a' $$,
  $$ values ('received') $$, 'it is received'
);
select throws_ok(
  $$ insert into public.feedback_log (feedback_id, status) values ('aa403000-0000-4000-8000-00000000000a', 'acted') $$,
  '42501', 'permission denied for table feedback_log', 'what comes of it is not hers to say'
);

select set_config('role', 'cairn_server', true);
insert into public.feedback_log (feedback_id, status) values ('aa403000-0000-4000-8000-00000000000a', 'acted');
select throws_ok(
  $$ insert into public.feedback_log (feedback_id, status) values ('aa403000-0000-4000-8000-00000000000a', 'reviewed') $$,
  'CA409', 'Feedback that is acted cannot become reviewed.', 'and nothing is undone again'
);
select results_eq(
  'select feedback_count, wrong_count, acted_count, average_rating from public.feedback_statistics()',
  'values (3::bigint, 1::bigint, 1::bigint, 4.5::double precision)', 'in her numbers, one of three was acted on'
);

select * from finish();
rollback;
