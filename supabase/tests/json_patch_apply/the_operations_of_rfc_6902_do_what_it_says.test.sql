begin;
select plan(4);

-- Appendix A: A.2 and A.4, A.6, A.7, A.14 and A.16.
select is(
  private.json_patch_apply(
    '{"foo": ["bar", "baz", "old"]}',
    '[{"op": "add", "path": "/foo/1", "value": "qux"}, {"op": "remove", "path": "/foo/3"}]'),
  '{"foo": ["bar", "qux", "baz"]}', 'elements come and go'
);
select is(
  private.json_patch_apply(
    '{"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}}',
    '[{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}]'),
  '{"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}}', 'a value moves'
);
select is(
  private.json_patch_apply('{"/": 9, "~1": 10}', '[{"op": "test", "path": "/~01", "value": 10}]'),
  '{"/": 9, "~1": 10}', 'a test that holds changes nothing'
);
select is(
  private.json_patch_apply('{"foo": ["bar"]}', '[{"op": "add", "path": "/foo/-", "value": ["abc", "def"]}]'),
  '{"foo": ["bar", ["abc", "def"]]}', 'and `-` is the end'
);

select * from finish();
rollback;
