begin;
select plan(3);

select is_empty(
  $$ select level from unnest(enum_range(null::public.crisis_level)) as level
     where public.crisis_level_of(public.crisis_level_number(level)) <> level $$,
  'there and back'
);
select ok('critical'::public.crisis_level > 'none', 'levels compare by how grave they are');
select throws_ok(
  'select public.crisis_level_of(5)', 'CA400', 'A crisis level is a number from 0 to 4.',
  'and there is none above the gravest'
);

select * from finish();
rollback;
