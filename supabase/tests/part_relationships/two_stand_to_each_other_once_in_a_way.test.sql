begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select throws_like(
  $$ insert into public.part_relationships (from_part_id, to_part_id, relationship_type)
     values ('aa407000-0000-4000-8000-000000000003', 'aa407000-0000-4000-8000-000000000001', 'polarized') $$,
  '%part_relationships_pair_key%', 'not again from the other end'
);
select throws_like(
  $$ insert into public.part_relationships (from_part_id, to_part_id, relationship_type)
     values ('aa407000-0000-4000-8000-000000000003', 'aa407000-0000-4000-8000-000000000003', 'allied') $$,
  '%part_relationships_are_between_two_parts%', 'none with itself'
);
select throws_like(
  $$ insert into public.part_relationships (from_part_id, to_part_id, relationship_type, polarization_level)
     values ('aa407000-0000-4000-8000-000000000002', 'aa407000-0000-4000-8000-000000000003', 'allied', 3) $$,
  '%part_relationships_only_polarized_ones_have_a_level%', 'allies do not fight'
);
select throws_ok(
  $$ insert into public.part_relationships (from_part_id, to_part_id, relationship_type)
     values ('aa407000-0000-4000-8000-000000000001', 'ba407000-0000-4000-8000-000000000001', 'allied') $$,
  '23503', null, 'and Ana''s have nothing to do with Ben''s'
);

select * from finish();
rollback;
