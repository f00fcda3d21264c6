begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001", "act": {"sub": "pipeline"}}', true);
update public.conversations set title = 'Insomnia' where id = 'a3000000-0000-4000-8000-000000000001';
select set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
update public.conversations set title = 'The hour before six' where id = 'a3000000-0000-4000-8000-000000000001';

create temporary table action on commit drop as select id from public.agent_actions where after ->> 'title' = 'Insomnia';
grant select on action to public;
select is((select count(*) from action), 1::bigint, 'what she does herself is no action');
select throws_ok(
  'select public.undo_agent_action(id) from action', 'CA409', 'This has been changed since.',
  'an undo would overwrite her'
);
select is(
  (select title from public.conversations where id = 'a3000000-0000-4000-8000-000000000001'), 'The hour before six',
  'it does not'
);

select set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002"}', true);
select throws_ok(
  'select public.undo_agent_action(id) from action',
  'CA404', 'There is no such action, or it is not yours.', 'and for Ben there is nothing to undo'
);

select * from finish();
rollback;
