begin;
select plan(4);

-- Nothing else waits.
delete from private.jobs;
select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
insert into public.messages (id, conversation_id, role, state, content)
values ('a4000000-0000-4000-8000-00000000000a', 'a3000000-0000-4000-8000-000000000001', 'assistant', 'queued', '');

create temporary table claim on commit drop as
select 'first' as worker, * from private.claim_job('{reply}', -1);
insert into claim select 'second', * from private.claim_job('{reply}', 60);

select results_eq(
  'select worker, ref_id, fence from claim order by fence',
  $$ values ('first', 'a4000000-0000-4000-8000-00000000000a'::uuid, 1::bigint),
            ('second', 'a4000000-0000-4000-8000-00000000000a', 2) $$,
  'a lease that has run out is given to another, with a higher fence'
);
select throws_ok(
  $$ select private.hold_job(id, fence, 60) from claim where worker = 'first' $$,
  'CA410', 'This job is not held by this claim any more.', 'the first has lost it'
);
select lives_ok($$ select private.finish_job(id, fence) from claim where worker = 'second' $$, 'the second ends it');
select is_empty($$ select * from private.claim_job('{reply}', 60) $$, 'and nothing waits any more');

select * from finish();
rollback;
