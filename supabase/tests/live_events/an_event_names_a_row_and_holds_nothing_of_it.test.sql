begin;
select plan(3);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
create temporary table head on commit drop as select seq from public.live_heads;

insert into public.check_ins (id, note) values ('aa230000-0000-4000-8000-00000000000a', 'A heron again.');
update public.check_ins set note = 'Two herons.' where id = 'aa230000-0000-4000-8000-00000000000a';
set constraints all immediate;

select results_eq(
  $$ select event.seq - head.seq, event.operation, event.row_id from head
     join public.live_events as event on event.seq > head.seq and event.table_name = 'check_ins' order by event.seq $$,
  $$ values (1::bigint, 'insert', 'aa230000-0000-4000-8000-00000000000a'::uuid),
            (2, 'update', 'aa230000-0000-4000-8000-00000000000a') $$,
  'in order, without a gap'
);
select is_empty(
  $$ select from public.live_events where to_jsonb(live_events)::text ~ 'heron' $$, 'not what she wrote'
);
select throws_ok(
  'delete from public.live_events', '42501', 'permission denied for table live_events',
  'and none can be taken out'
);

select * from finish();
rollback;
