begin;
select plan(4);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true),
       set_config('cairn.snapshot_every', '5', true);
select private.append_memory_snapshot(jsonb_build_object('day', day)) from generate_series(3, 7) as day;

select is(private.compact_memory_snapshots(2), 4::bigint, 'what lies before the fifth, a checkpoint, is forgotten');
select results_eq(
  'select version from public.user_memory_snapshots order by version', 'values (5), (6), (7)', 'what follows is kept'
);
select is(public.memory_snapshot(6), '{"day": 6}', 'and can be read');

select set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002"}', true);
select is((select count(*) from public.user_memory_snapshots), 2::bigint, 'Ben''s are as they were');

select * from finish();
rollback;
