-- Pictures of a feeling that Ana and Ben had painted. Their files are not there: Storage holds none in development.

insert into public.generated_images (
  id, user_id, name, prompt, storage_path, image_format, size_bytes, width, height, metadata, created_at
)
values
  ('aa516000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'Four in the morning',
   'A kitchen at night, blue, with one window lit across the yard; watercolour',
   'a0000000-0000-4000-8000-000000000001/aa516000-0000-4000-8000-000000000001.png', 'png', 481223, 1024, 1024,
   '{"model": "seed", "mood": "wakeful"}', now() - interval '1 day'),
  ('aa516000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001', null,
   'A pot of basil on a windowsill, somebody''s hand just leaving the frame; pencil',
   'a0000000-0000-4000-8000-000000000001/aa516000-0000-4000-8000-000000000002.webp', 'webp', 133870, 1024, 768,
   '{"model": "seed"}', now() - interval '19 days'),
  ('ba516000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002', 'A full head',
   'A library in which all books stand open, and a cello leaning among them; gouache',
   'b0000000-0000-4000-8000-000000000002/ba516000-0000-4000-8000-000000000001.png', 'png', 502114, 1024, 1024,
   '{"model": "seed", "mood": "restless"}', now() - interval '2 days')
on conflict (id) do nothing;
