begin;
select plan(4);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
delete from public.user_mood_trends;
insert into public.user_mood_trends (measured_at, mood) values ('2026-03-02 08:00+00', 2), ('2026-03-04 08:00+00', 4);
insert into public.user_mood_trends (measured_at, mood, origin, is_confirmed) values ('2026-03-03 08:00+00', -5, 'companion', false);
insert into public.user_mood_trends (measured_at, mood) values ('2026-02-24 08:00+00', 1);

select results_eq(
  $$ select measurements, mood_average, mood_change, direction::text from private.compute_emotional_trend('week', '2026-03-02') $$,
  $$ values (2, 3::double precision, 2::double precision, 'rising') $$, 'two of the three, against the week before'
);
update public.user_mood_trends set is_confirmed = true where mood = -5;
select is(
  (select mood_low from private.compute_emotional_trend('week', '2026-03-02')), -5::smallint,
  'the third when she confirms it'
);

delete from public.user_mood_trends;
select is_empty(
  $$ select * from private.compute_emotional_trend('week', '2026-03-02') $$,
  'of nothing, nothing is made'
);
select is_empty($$ select from public.user_emotional_trends where starts_on = '2026-03-02' $$, 'and nothing is kept');

select * from finish();
rollback;
