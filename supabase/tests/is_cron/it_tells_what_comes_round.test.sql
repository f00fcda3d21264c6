begin;
select plan(3);

select is_empty(
  $$ select told from unnest(
       '{"* * * * *", "30 20 * * SUN", "*/15 8-18/2 1,15 JAN-JUN MON,fri", "0 0 29 2 *", "5 4 31 4 MON"}'::text[]) as told
     where not private.is_cron(told) $$,
  'these do'
);
select is_empty(
  $$ select told from unnest(
       '{"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "5-1 * * * *",
         "*/0 * * * *", "0 0 30 2 *", "0 0 31 4,6 *", "@daily", "0 0 L * *", "a b c d e"}'::text[]) as told
     where private.is_cron(told) $$,
  'these do not'
);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select throws_like(
  $$ insert into public.schedules (name, schedule_type, cron_expression) values ('Never', 'chat_checkup', '0 0 30 2 *') $$,
  '%schedules_cron_expression_has_5_fields_that_come_round%', 'and the table holds none of those'
);

select * from finish();
rollback;
