-- Images: pictures of a feeling, painted by a model from her words.
--
-- Their bytes lie in a private bucket of Supabase Storage, each in the folder of its owner, and are
-- served by addresses that expire. A row says where, and holds no bytes, however they are written.

set lock_timeout = '5s';
set statement_timeout = '60s';

create type public.image_format as enum ('png', 'jpeg', 'webp');
comment on type public.image_format is 'How the bytes are encoded.';

-- generated_images ------------------------------------------------------------

create table public.generated_images (
  id           uuid        primary key default private.uuid_v7(),
  user_id      uuid        not null default auth.uid() references public.users on delete cascade,
  name         text,
  prompt       text        not null,
  storage_path text        not null,
  image_format public.image_format not null default 'png',
  size_bytes   integer,
  width        integer,
  height       integer,
  metadata     jsonb       not null default '{}',
  version      integer     not null default 1,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),

  constraint generated_images_storage_path_key unique (user_id, storage_path),
  constraint generated_images_name_has_1_to_200_characters check (name ~ '\S' and length(name) <= 200),
  constraint generated_images_prompt_has_1_to_4000_characters check (prompt ~ '\S' and length(prompt) <= 4000),
  -- What the bucket's own policies ask for, too: nobody's row leads to somebody else's file.
  constraint generated_images_storage_path_is_in_her_own_folder check (storage_path like user_id::text || '/%'),
  constraint generated_images_storage_path_is_a_plain_path
    check (storage_path ~ '^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*\.(png|jpg|jpeg|webp)$' and length(storage_path) <= 300),
  constraint generated_images_size_is_1_byte_to_50_mb check (size_bytes between 1 and 52428800),
  constraint generated_images_sides_are_1_to_16384_pixels
    check (width between 1 and 16384 and height between 1 and 16384),
  constraint generated_images_metadata_is_an_object_of_at_most_8_kb
    check (jsonb_typeof(metadata) = 'object' and octet_length(metadata::text) <= 8192),
  -- No word has so many letters; base64 of even the smallest picture has.
  constraint generated_images_hold_no_base64
    check (concat(name, ' ', prompt, ' ', metadata::text) !~ 'data:image/|[A-Za-z0-9+/_-]{200}')
);

comment on table  public.generated_images is 'A picture that was made for her. The picture itself is a file in Supabase Storage.';
comment on column public.generated_images.name is 'Her name for it; null without one.';
comment on column public.generated_images.prompt is 'What it was painted from.';
comment on column public.generated_images.storage_path is
  'Where the file is in the private bucket: a folder named by her id, and a file in it. Served by a signed address that expires.';
comment on column public.generated_images.size_bytes is 'Null when it was not measured; so are width and height, in pixels.';
comment on column public.generated_images.metadata is 'The model, its settings and the like: a JSON object of at most 8 kB.';

create index generated_images_by_creation_idx on public.generated_images (user_id, created_at desc, id desc);

create function private.generated_images_change() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if (new.id, new.user_id, new.storage_path) is distinct from (old.id, old.user_id, old.storage_path) then
    raise exception using errcode = 'CA409', message = 'An image stays with its owner and its file.';
  end if;
  return new;
end
$$;
comment on function private.generated_images_change is 'Before update: no row comes to stand for another file.';
create trigger t100_generated_images_change before update on public.generated_images
  for each row execute function private.generated_images_change();
create trigger t900_generated_images_version before update on public.generated_images
  for each row execute function private.count_version();

create constraint trigger t900_generated_images_live after insert or update or delete on public.generated_images
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.generated_images enable row level security;
alter table public.generated_images force row level security;
create policy owner_select on public.generated_images for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.generated_images for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.generated_images for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.generated_images for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- Only the server has a picture made and stores its file.
grant select, update (name), delete on public.generated_images to authenticated;
grant insert (id, name, prompt, storage_path, image_format, size_bytes, width, height, metadata)
  on public.generated_images to cairn_server;

-- private.image_leftovers -----------------------------------------------------
-- A row can be deleted in a transaction, a file in Storage cannot: it is deleted after it.

create table private.image_leftovers (
  id           uuid        primary key default private.uuid_v7(),
  -- When she herself goes, so do these lines: an erasure removes her whole folder.
  user_id      uuid        not null references public.users on delete cascade,
  storage_path text        not null,
  created_at   timestamptz not null default now(),

  constraint image_leftovers_path_key unique (user_id, storage_path)
);

comment on table  private.image_leftovers is 'Files of images that were deleted, until the worker has removed them from Storage.';
comment on column private.image_leftovers.created_at is 'When the image was deleted.';

-- For the worker.
create index image_leftovers_by_age_idx on private.image_leftovers (created_at);

alter table private.image_leftovers enable row level security;
alter table private.image_leftovers force row level security;

create function private.generated_images_leave_file() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into private.image_leftovers (user_id, storage_path)
  -- When her account goes as a whole, there is nobody left to name.
  select person.id, old.storage_path from public.users as person where person.id = old.user_id
  on conflict on constraint image_leftovers_path_key do nothing;
  return null;
end
$$;
comment on function private.generated_images_leave_file is 'After delete, by whomever: the file is to be removed, too.';
create trigger t500_generated_images_leave_file after delete on public.generated_images
  for each row execute function private.generated_images_leave_file();

create function private.next_image_leftovers(batch integer) returns table (id uuid, storage_path text)
  language sql stable security definer set search_path = ''
as $$
  select leftover.id, leftover.storage_path
  from private.image_leftovers as leftover
  order by leftover.created_at
  limit batch
$$;
comment on function private.next_image_leftovers is
  'Files to remove from Storage, everybody''s, the oldest first. To remove one twice does no harm. For the worker.';
grant execute on function private.next_image_leftovers to cairn_server;

create function private.forget_image_leftovers(ids uuid[]) returns void
  language sql volatile security definer set search_path = ''
as $$
  delete from private.image_leftovers as leftover where leftover.id = any (ids)
$$;
comment on function private.forget_image_leftovers is 'These files are gone from Storage. For the worker.';
grant execute on function private.forget_image_leftovers to cairn_server;
