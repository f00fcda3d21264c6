begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select throws_ok(
  $$ update public.schedules set timezone = 'Europe/Atlantis' where id = 'aa514000-0000-4000-8000-000000000001' $$,
  'CA400', 'There is no such time zone. Give its IANA name, such as Europe/Lisbon.', 'not by that one'
);
select throws_ok(
  $$ update public.schedules set timezone = 'posix/Europe/Lisbon' where id = 'aa514000-0000-4000-8000-000000000001' $$,
  'CA400', null, 'nor by a name that only this server knows'
);

reset role;
update public.schedules set next_run_at = now() + interval '1 hour' where id = 'aa514000-0000-4000-8000-000000000001';
select set_config('role', 'authenticated', true);
update public.schedules set timezone = 'America/Sao_Paulo' where id = 'aa514000-0000-4000-8000-000000000001';
select is(
  (select next_run_at from public.schedules where id = 'aa514000-0000-4000-8000-000000000001'), null,
  'with another, the next run is another'
);
select throws_like(
  $$ insert into public.schedules (name, schedule_type, cron_expression, reminder_method)
     values ('Call me', 'reminder', '0 9 * * *', 'sms') $$,
  '%schedules_by_call_or_sms_have_a_phone_number%', 'and nobody is written to without a number'
);

select * from finish();
rollback;
