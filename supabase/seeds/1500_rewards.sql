-- Days on which Ana and Ben were here, and what they earned.

insert into public.user_activity_days (id, user_id, day)
select here.id::uuid, here.user_id::uuid, current_date - here.days_ago
from (
  values
    ('aa515100-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 20),
    ('aa515100-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001', 2),
    ('aa515100-0000-4000-8000-000000000003', 'a0000000-0000-4000-8000-000000000001', 1),
    ('aa515100-0000-4000-8000-000000000004', 'a0000000-0000-4000-8000-000000000001', 0),
    ('ba515100-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002', 8),
    ('ba515100-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002', 2)
) as here (id, user_id, days_ago)
-- Once: another day would be found each day that this runs.
where not exists (select from public.user_activity_days as known where known.id = here.id::uuid)
on conflict do nothing;

-- As far as they go on until today.
update public.users set current_streak = 3 where id = 'a0000000-0000-4000-8000-000000000001' and current_streak = 0;

with earned as (
  insert into public.user_badges (id, user_id, badge_id, xp_awarded, earned_at)
  select given.id::uuid, given.user_id::uuid, badge.id, badge.xp_award, now() - given.ago
  from (
    values
      ('aa515000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'first-word', interval '20 days'),
      ('aa515000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001', 'first-journey', interval '19 days'),
      ('ba515000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002', 'first-word', interval '8 days'),
      ('ba515000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002', 'first-journey', interval '2 days')
  ) as given (id, user_id, slug, ago)
  join public.badges as badge on badge.slug = given.slug
  on conflict do nothing
  returning user_id, xp_awarded
)
update public.users as person
set xp = person.xp + paid.points
from (select user_id, sum(xp_awarded) as points from earned group by user_id) as paid
where person.id = paid.user_id;
