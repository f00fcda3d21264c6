begin;
select plan(4);

select throws_ok(
  $$ update public.journeys set steps = steps - 0 where slug = 'before-sleep' $$,
  'CA409', 'A journey that somebody has begun keeps the ids and the order of its steps. Make a new one.',
  'Ana has begun this one'
);
select lives_ok(
  $$ update public.journeys
     set steps = steps || '{"id": "light-out", "title": "Light out", "kind": "closing", "prompt": "Good night."}'
     where slug = 'before-sleep' $$,
  'a step may follow'
);
select throws_ok(
  $$ update public.journeys set is_published = false where slug = 'before-sleep' $$,
  'CA409', 'A journey that somebody has begun stays published. Make it inactive, and it is not offered any more.',
  'she can always read it'
);
select throws_like(
  $$ delete from public.journeys where slug = 'before-sleep' $$, '%journey_sessions_journey_fkey%', 'and it is there'
);

select * from finish();
rollback;
