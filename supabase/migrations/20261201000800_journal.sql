-- Journal: pages that a person writes for herself, and whether her companion may read them.
--
-- Nobody reads an entry because it is there: she shares each one, and may take that back. A deleted
-- entry lies in the trash for thirty days, with all that was drawn from it, and comes back whole.

set lock_timeout = '5s';
set statement_timeout = '60s';

-- journal_entries -------------------------------------------------------------

create table public.journal_entries (
  id                    uuid        primary key default private.uuid_v7(),
  user_id               uuid        not null default auth.uid() references public.users on delete cascade,
  conversation_id       uuid,
  title                 text,
  content               text        not null,
  mood                  text,
  emotional_tone        text[]      not null default '{}',
  themes                text[]      not null default '{}',
  is_private            boolean     not null default false,
  shared_with_ai        boolean     not null default false,
  insights_extracted_at timestamptz,
  deleted_at            timestamptz,
  version               integer     not null default 1,
  created_at            timestamptz not null default now(),
  updated_at            timestamptz not null default now(),

  constraint journal_entries_owner_key unique (id, user_id),
  constraint journal_entries_conversation_fkey foreign key (conversation_id, user_id)
    references public.conversations (id, user_id) on delete set null (conversation_id),
  constraint journal_entries_title_is_at_most_200_characters check (length(title) <= 200),
  constraint journal_entries_content_is_not_blank check (content ~ '\S'),
  constraint journal_entries_content_is_at_most_50000_characters check (length(content) <= 50000),
  constraint journal_entries_mood_has_1_to_80_characters check (length(mood) between 1 and 80),
  constraint journal_entries_emotional_tone_has_at_most_20_words
    check (cardinality(emotional_tone) <= 20 and octet_length(emotional_tone::text) <= 2000
           and array_position(emotional_tone, null) is null),
  constraint journal_entries_themes_are_at_most_20
    check (cardinality(themes) <= 20 and octet_length(themes::text) <= 4000 and array_position(themes, null) is null),
  constraint journal_entries_private_ones_are_never_shared check (not (is_private and shared_with_ai)),
  constraint journal_entries_only_from_shared_ones_is_extracted check (insights_extracted_at is null or shared_with_ai)
);

comment on table  public.journal_entries is 'A page of her journal. Nobody but she reads it, unless she shares it with her companion.';
comment on column public.journal_entries.conversation_id is 'The conversation that it goes with; null for a page of its own.';
comment on column public.journal_entries.mood is 'How she was when she wrote it, in a word or two of hers; null when she did not say.';
comment on column public.journal_entries.emotional_tone is 'The feelings that it speaks with; several may be there at once.';
comment on column public.journal_entries.themes is 'What it is about, such as `sleep` or `my sister`.';
comment on column public.journal_entries.is_private is
  'For her eyes only: it cannot be shared with her companion before she lifts this, and apps keep it out of previews.';
comment on column public.journal_entries.shared_with_ai is
  'Her companion may read it. False until she says so; taking it back removes the insights that were drawn from it.';
comment on column public.journal_entries.insights_extracted_at is
  'When insights were last drawn from it; null again when its words or its sharing change. The server writes it.';
comment on column public.journal_entries.deleted_at is
  'Since when it lies in the trash, where it stays for thirty days; null outside. The time is the database''s.';
comment on column public.journal_entries.version is
  'Grows with each change of hers, for writers that must not overwrite each other; not when insights are drawn from it.';

-- Her list, newest first, and what goes with a conversation.
create index journal_entries_by_creation_idx     on public.journal_entries (user_id, created_at desc, id desc);
create index journal_entries_by_conversation_idx on public.journal_entries (user_id, conversation_id);
-- Her trash, and the sweep of everybody's.
create index journal_entries_by_trash_idx on public.journal_entries (user_id, deleted_at desc, id desc) where deleted_at is not null;
create index journal_entries_by_deletion_idx on public.journal_entries (deleted_at) where deleted_at is not null;
-- What the companion has yet to read.
create index journal_entries_to_extract_idx on public.journal_entries (user_id, created_at, id)
  where shared_with_ai and deleted_at is null and insights_extracted_at is null;

create function private.journal_entries_change() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if (new.id, new.user_id) is distinct from (old.id, old.user_id) then
    raise exception using errcode = 'CA409', message = 'A journal entry stays with its owner.';
  end if;
  -- An undo of what an agent did puts back what was, with its moment.
  if new.deleted_at is not null and current_user <> 'cairn_undo' then
    -- Whatever moment the writer names: the thirty days begin now, and only once.
    new.deleted_at := coalesce(old.deleted_at, now());
    if old.deleted_at is not null and (new.title, new.content, new.mood, new.emotional_tone, new.themes)
       is distinct from (old.title, old.content, old.mood, old.emotional_tone, old.themes) then
      raise exception using errcode = 'CA409',
        message = 'An entry in the trash cannot be changed; restore it first.';
    end if;
  end if;
  if (new.title, new.content, new.shared_with_ai) is distinct from (old.title, old.content, old.shared_with_ai) then
    new.insights_extracted_at := null;
  end if;
  return new;
end
$$;
comment on function private.journal_entries_change is
  'Before update: an entry in the trash rests, and one whose words or sharing changed is to be read anew.';
-- To open a page, and to share it, is hers alone.
create trigger t060_journal_entries_only_herself before update of is_private, shared_with_ai on public.journal_entries
  for each row when ((old.is_private and not new.is_private) or (new.shared_with_ai and not old.shared_with_ai))
  execute function private.only_herself();
create trigger t060_journal_entries_only_herself_insert before insert on public.journal_entries
  for each row when (new.shared_with_ai) execute function private.only_herself();
create trigger t100_journal_entries_change before update on public.journal_entries
  for each row execute function private.journal_entries_change();
create trigger t900_journal_entries_version before update on public.journal_entries
  for each row
  -- Not when the server has read it: what she is writing just then conflicts with nothing.
  when (
    (old.conversation_id, old.title, old.content, old.mood, old.emotional_tone, old.themes, old.is_private,
     old.shared_with_ai, old.deleted_at)
    is distinct from
    (new.conversation_id, new.title, new.content, new.mood, new.emotional_tone, new.themes, new.is_private,
     new.shared_with_ai, new.deleted_at)
  )
  execute function private.count_version();
create constraint trigger t900_journal_entries_live after insert or update or delete on public.journal_entries
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.journal_entries enable row level security;
alter table public.journal_entries force row level security;
create policy owner_select on public.journal_entries for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.journal_entries for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.journal_entries for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.journal_entries for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));
-- A private page is for her eyes only: neither an agent nor the pipeline, with her own claims, reads it.
create policy "what is private nobody reads who acts for her" on public.journal_entries as restrictive for select to authenticated, cairn_server using (not is_private or (select private.actor()) is null);

-- `delete` is for good: the trash is an update of deleted_at, as delete_journal_entry makes it.
grant
  select,
  insert (id, conversation_id, title, content, mood, emotional_tone, themes, is_private, shared_with_ai),
  update (conversation_id, title, content, mood, emotional_tone, themes, is_private, shared_with_ai, deleted_at),
  delete
  on public.journal_entries to authenticated;
grant update (insights_extracted_at) on public.journal_entries to cairn_server;

-- What memory takes in -------------------------------------------------------
-- By the queue of chapter snapshots. Taking back is told, too, so that memory lets go of what it took.

create function private.journal_entries_enqueue_memory() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.enqueue_memory_update(
    new.user_id, 'journal_entry', new.id,
    case when new.shared_with_ai and new.deleted_at is null then
      encode(sha256(convert_to(
        jsonb_build_array(new.title, new.content, new.mood, new.emotional_tone, new.themes)::text, 'UTF8')), 'hex')
    else
      'taken back'
    end
  );
  return null;
end
$$;
comment on function private.journal_entries_enqueue_memory is
  'After what her companion may read has changed: have memory take it in, or let go of it when the entry is shared no '
  'longer or in the trash.';
create trigger t500_journal_entries_enqueue_memory after insert on public.journal_entries
  for each row when (new.shared_with_ai and new.deleted_at is null)
  execute function private.journal_entries_enqueue_memory();
create trigger t500_journal_entries_enqueue_memory_anew after update on public.journal_entries
  for each row
  when (
    ((old.shared_with_ai and old.deleted_at is null) or (new.shared_with_ai and new.deleted_at is null))
    and (old.title, old.content, old.mood, old.emotional_tone, old.themes, old.shared_with_ai, old.deleted_at)
        is distinct from
        (new.title, new.content, new.mood, new.emotional_tone, new.themes, new.shared_with_ai, new.deleted_at)
  )
  execute function private.journal_entries_enqueue_memory();
create trigger t500_journal_entries_drop_memory_update after delete on public.journal_entries
  for each row execute function private.drop_memory_update('journal_entry');

-- delete_journal_entry and restore_journal_entry ------------------------------

create function public.delete_journal_entry(entry_id uuid) returns setof public.journal_entries
  language plpgsql volatile set search_path = ''
as $$
begin
  return query
    update public.journal_entries as entry
    set deleted_at = now()
    where entry.id = entry_id
    returning entry.*;
  if not found then
    raise exception using errcode = 'CA404', message = 'There is no such journal entry, or it is not yours.';
  end if;
end
$$;
comment on function public.delete_journal_entry is
  'Put an entry into the trash, for thirty days; the second time changes nothing. CA404 when it is missing or another''s.';
grant execute on function public.delete_journal_entry to authenticated;

create function public.restore_journal_entry(entry_id uuid) returns setof public.journal_entries
  language plpgsql volatile set search_path = ''
as $$
begin
  return query
    update public.journal_entries as entry
    set deleted_at = null
    where entry.id = entry_id and entry.deleted_at is not null
    returning entry.*;
  if found then
    return;
  end if;
  if exists (select from public.journal_entries as entry where entry.id = entry_id) then
    raise exception using errcode = 'CA409', message = 'This journal entry is not in the trash.';
  end if;
  raise exception using errcode = 'CA404', message = 'There is no such journal entry, or it is not yours.';
end
$$;
comment on function public.restore_journal_entry is
  'Take an entry out of the trash, as it was. CA409 when it is not there, CA404 when it is missing or another''s.';
grant execute on function public.restore_journal_entry to authenticated;

-- For the companion -----------------------------------------------------------
-- Both run with the caller's rights, in the name of one person.

create function private.journal_entries_to_extract(most integer) returns setof public.journal_entries
  language sql stable set search_path = ''
as $$
  select entry.*
  from public.journal_entries as entry
  where entry.user_id = (select auth.uid())
    and entry.shared_with_ai and entry.deleted_at is null and entry.insights_extracted_at is null
  order by entry.created_at, entry.id
  limit most
$$;
comment on function private.journal_entries_to_extract is
  'The entries that the caller shares and no insights were drawn from yet, oldest first. For the worker.';
grant execute on function private.journal_entries_to_extract to cairn_server;

create function private.finish_journal_extraction(entry_id uuid, version integer) returns boolean
  language sql volatile set search_path = ''
as $$
  with finished as (
    update public.journal_entries as entry
    set insights_extracted_at = now()
    where entry.id = entry_id
      and entry.version = finish_journal_extraction.version
      and entry.shared_with_ai and entry.deleted_at is null
    returning 1
  )
  select exists (select from finished)
$$;
comment on function private.finish_journal_extraction is
  'Insights have been drawn from the entry as it was in this version. False when it has changed since, or is shared no '
  'longer: then it will be read again, or not. For the worker, in the transaction of those insights.';
grant execute on function private.finish_journal_extraction to cairn_server;

-- sweep_trashed_journal_entries -----------------------------------------------

create function private.sweep_trashed_journal_entries() returns bigint
  language sql volatile security definer set search_path = ''
as $$
  with swept as (
    delete from public.journal_entries
    where id in (
      select old.id from public.journal_entries as old
      where old.deleted_at < now() - interval '30 days'
      order by old.deleted_at
      limit 10000
      -- One that she is just restoring is hers.
      for update skip locked
    )
    returning 1
  )
  select count(*) from swept
$$;
comment on function private.sweep_trashed_journal_entries is
  'Remove for good the entries that have been in the trash for more than thirty days, everybody''s, 10,000 at most; '
  'gives how many. For the worker.';
grant execute on function private.sweep_trashed_journal_entries to cairn_server;
