begin;
select plan(2);

create temporary table told on commit drop as
select document::jsonb from unnest(array[
  '{}', '{"a": 1}', '{"a": null}', '{"a": {"b": [1, 2, 3]}}', '{"a": {"b": [1, 3]}}', '{"a": {"b": [3, 2, 1, 0]}}',
  '{"~": {"/": 1}, "": 2}', '{"a": [[]], "b": {}}', '{"a": [{"x": 1}, {"x": 2}]}', '{"a": [{"x": 2}]}'
]) as document;

select is_empty(
  $$ select before.document, after.document from told as before cross join told as after
     where private.json_patch_apply(before.document, private.json_diff(before.document, after.document))
           is distinct from after.document $$,
  'from each of ten to each'
);
select is(
  private.json_diff('{"a": {"b": [1, 2, 3]}}', '{"a": {"b": [1, 3]}}'), '[{"op": "remove", "path": "/a/b/1"}]',
  'by the difference, not by the whole'
);

select * from finish();
rollback;
