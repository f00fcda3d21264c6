begin;
select plan(4);

select throws_ok(
  $$ select private.json_patch_apply(
       '{"a": 1}', '[{"op": "add", "path": "/b", "value": 2}, {"op": "test", "path": "/a", "value": "secret"}]') $$,
  'CA400', 'Operation 1, a test, fails.', 'a test that fails'
);
select throws_ok(
  $$ select private.json_patch_apply('{"foo": "bar"}', '[{"op": "add", "path": "/baz/bat", "value": "qux"}]') $$,
  'CA400', 'Operation 0 leads nowhere.', 'a place that is not there'
);
select throws_ok(
  $$ select private.json_patch_apply('{"a": {"b": 1}}', '[{"op": "move", "from": "/a", "path": "/a/b"}]') $$,
  'CA400', 'Operation 0 comes from where nothing can come from.', 'a move into itself'
);
select throws_ok(
  $$ select private.json_patch_apply('{}', '[{"op": "merge", "path": "/a", "value": 1}]') $$,
  'CA400', 'Operation 0 is none of JSON Patch.', 'a verb of another kind'
);

select * from finish();
rollback;
