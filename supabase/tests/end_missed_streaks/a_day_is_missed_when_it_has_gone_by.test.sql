begin;
select plan(2);

update public.users set current_streak = 3, settings = '{"timezone": "UTC"}'
where id in ('a0000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002');
delete from public.user_activity_days;
insert into public.user_activity_days (user_id, day)
values ('a0000000-0000-4000-8000-000000000001', (now() at time zone 'UTC')::date - 1),
       ('b0000000-0000-4000-8000-000000000002', (now() at time zone 'UTC')::date - 2);

select is(private.end_missed_streaks(), 1, 'one has missed a day');
select results_eq(
  'select display_name, current_streak from public.users order by 1',
  $$ values ('Ana', 3), ('Ben', 0) $$, 'yesterday''s streak can go on until tonight'
);

select * from finish();
rollback;
