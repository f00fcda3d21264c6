begin;
select plan(4);

select ok(private.journey_steps_are_valid(steps), slug || ' is made of steps') from public.journeys where slug = 'before-sleep';

create temporary table told on commit drop as
select steps::jsonb from unnest(array[
  null,
  '[]',
  '{}',
  '["arrive"]',
  '[{"id": "a", "title": "A", "kind": "question"}]',
  '[{"id": "a", "title": "A", "kind": "hypnosis", "prompt": "?"}]',
  '[{"id": "A b", "title": "A", "kind": "question", "prompt": "?"}]',
  '[{"id": "a", "title": "A", "kind": "question", "prompt": " "}]',
  '[{"id": "a", "title": "A", "kind": "question", "prompt": "?", "minutes": 0}]',
  '[{"id": "a", "title": "A", "kind": "question", "prompt": "?", "script": "x"}]',
  '[{"id": "a", "title": "A", "kind": "question", "prompt": "?"}, {"id": "a", "title": "B", "kind": "closing", "prompt": "!"}]'
]) as steps;
select is((select count(*) from told), 11::bigint, 'of these eleven');
select is_empty('select steps from told where private.journey_steps_are_valid(steps)', 'none is');

select throws_like(
  $$ update public.journeys set steps = '[]' where slug = 'looking-back-on-a-week' $$,
  '%journeys_steps_are_a_list_of_steps_with_ids_of_their_own%', 'and the table holds none of them'
);

select * from finish();
rollback;
