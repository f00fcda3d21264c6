begin;
select plan(3);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select is(
  private.json_patch_apply(public.memory_snapshot(1), public.memory_diff(1, 2)), public.memory_snapshot(2), 'forward'
);
select is(
  private.json_patch_apply(public.memory_snapshot(2), public.memory_diff(2, 1)), public.memory_snapshot(1), 'and back'
);
select is(public.memory_diff(2, 2), '[]', 'and nowhere, from one to itself');

select * from finish();
rollback;
