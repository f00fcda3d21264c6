begin;
select plan(4);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select throws_like(
  $$ insert into public.generated_images (prompt, storage_path)
     values ('A heron', 'b0000000-0000-4000-8000-000000000002/heron.png') $$,
  '%generated_images_storage_path_is_in_her_own_folder%', 'not into Ben''s'
);
select throws_like(
  $$ insert into public.generated_images (prompt, storage_path)
     values ('A heron', 'a0000000-0000-4000-8000-000000000001/../heron.png') $$,
  '%generated_images_storage_path_is_a_plain_path%', 'nor out of hers'
);
select throws_like(
  $$ insert into public.generated_images (prompt, storage_path)
     values ('data:image/png;base64,' || repeat('iVBOR', 50), 'a0000000-0000-4000-8000-000000000001/heron.png') $$,
  '%generated_images_hold_no_base64%', 'and holds no picture itself'
);

delete from public.generated_images where id = 'aa516000-0000-4000-8000-000000000001';
select isnt_empty(
  $$ select from private.next_image_leftovers(10) where storage_path like '%/aa516000-0000-4000-8000-000000000001.png' $$,
  'when it is deleted, the worker hears of its file'
);

select * from finish();
rollback;
