begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select throws_ok(
  $$ update public.insights set status = 'actioned' where id = 'aa405000-0000-4000-8000-000000000003' $$,
  'CA409', 'An insight that is pending cannot become actioned.', 'not past her eyes'
);
update public.insights set status = 'revealed' where id = 'aa405000-0000-4000-8000-000000000003';
select is(
  (select revealed_at from public.insights where id = 'aa405000-0000-4000-8000-000000000003'), now(),
  'opened, it says when'
);
select throws_ok(
  $$ update public.insights set status = 'pending' where id = 'aa405000-0000-4000-8000-000000000003' $$,
  'CA409', 'An insight that is revealed cannot become pending.', 'and is not unseen again'
);
select throws_ok(
  $$ update public.insights set content = 'All is well.' where id = 'aa405000-0000-4000-8000-000000000003' $$,
  'CA409', 'Only reflections can be put in other words.', 'what others thought stays as they put it'
);

select * from finish();
rollback;
