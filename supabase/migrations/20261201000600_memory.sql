-- Memory: what the companion keeps of a person, how it finds it again, and how she says she is.
--
-- A memory is a sentence with a source, a weight and her consent. The server writes it, after its
-- safety checks; she decides whether it may be kept and used. Its vector stands in a table of its
-- own, so that the same policies guard a search as everything else: it is there only while the
-- memory may be found, and is replaced, never changed.

set lock_timeout = '5s';
set statement_timeout = '60s';

-- Hosted Supabase offers both to `postgres`; platform.sql, where it stands in for Supabase, makes
-- the first itself, since it takes a superuser.
create extension if not exists vector with schema extensions;
create extension if not exists btree_gin with schema extensions;

create type public.memory_type as enum (
  'personal_fact', 'preference', 'relationship', 'event', 'emotional_state', 'belief', 'value', 'goal', 'pattern',
  'coping_strategy'
);
create type public.memory_storage_type as enum ('short_term', 'long_term');
create type public.significance_level as enum ('low', 'moderate', 'high', 'critical');
create type public.memory_status as enum ('active', 'inactive', 'archived', 'dismissed');
create type public.memory_link_kind as enum ('related', 'supports', 'contradicts', 'causes', 'part_of');

comment on type public.memory_type is 'What a memory is about.';
comment on type public.memory_storage_type is
  'short_term: fresh, and may still be let go. long_term: taken up for good, by score and consent.';
comment on type public.significance_level is 'How much something means to her life, in ascending order.';
comment on type public.memory_status is
  'active: in use. inactive: set aside, since newer knowledge replaced it or it wore off. archived: put away, and may '
  'come back. dismissed: she says that it is not so, or shall not be. Only active ones are found.';
comment on type public.memory_link_kind is 'What the first memory is to the second.';

-- memories --------------------------------------------------------------------

create table public.memories (
  id                    uuid        primary key default private.uuid_v7(),
  user_id               uuid        not null default auth.uid() references public.users on delete cascade,
  conversation_id       uuid,
  message_id            uuid,
  author_role           public.message_role        not null default 'user',
  content               text        not null,
  original_content      text,
  processed_content     text,
  summary               text,
  memory_type           public.memory_type         not null,
  storage_type          public.memory_storage_type not null default 'short_term',
  significance_level    public.significance_level  not null default 'low',
  significance_category text,
  relevance_score       double precision not null default 0,
  stability_score       double precision not null default 0,
  explicitness_score    double precision not null default 0,
  composite_score       double precision not null
    generated always as (0.5 * relevance_score + 0.3 * stability_score + 0.2 * explicitness_score) stored,
  quality_score         smallint,
  validation_passed     boolean,
  decay_rate            double precision not null default 0.02,
  consolidation_count   integer     not null default 0,
  valid_from            timestamptz not null default now(),
  valid_until           timestamptz,
  superseded_by         uuid,
  is_consented          boolean     not null default false,
  consented_at          timestamptz,
  withdrawn_at          timestamptz,
  pii_detected          jsonb       not null default '{}',
  tags                  text[]      not null default '{}',
  extraction_metadata   jsonb       not null default '{}',
  status                public.memory_status       not null default 'active',
  status_changed_at     timestamptz not null default now(),
  version               integer     not null default 1,
  created_at            timestamptz not null default now(),
  updated_at            timestamptz not null default now(),

  constraint memories_owner_key unique (id, user_id),
  -- A memory outlives what it was drawn from.
  constraint memories_conversation_fkey foreign key (conversation_id, user_id)
    references public.conversations (id, user_id) on delete set null (conversation_id),
  constraint memories_message_fkey foreign key (message_id, user_id)
    references public.messages (id, user_id) on delete set null (message_id),
  constraint memories_superseded_by_fkey foreign key (superseded_by, user_id)
    references public.memories (id, user_id) on delete set null (superseded_by),
  constraint memories_content_is_not_blank check (content ~ '\S'),
  constraint memories_content_is_at_most_8000_characters check (length(content) <= 8000),
  constraint memories_original_content_is_at_most_32000_characters check (length(original_content) <= 32000),
  constraint memories_processed_content_is_at_most_8000_characters check (length(processed_content) <= 8000),
  constraint memories_summary_is_at_most_1000_characters check (length(summary) <= 1000),
  constraint memories_significance_category_is_a_short_word check (significance_category ~ '^[a-z][a-z0-9_]{0,39}$'),
  constraint memories_scores_are_between_0_and_1 check (
    relevance_score between 0 and 1 and stability_score between 0 and 1 and explicitness_score between 0 and 1
  ),
  constraint memories_quality_score_is_between_0_and_100 check (quality_score between 0 and 100),
  constraint memories_decay_rate_is_between_0_and_1 check (decay_rate between 0 and 1),
  constraint memories_consolidation_count_is_not_negative check (consolidation_count >= 0),
  constraint memories_valid_until_is_not_before_valid_from check (valid_until >= valid_from),
  constraint memories_superseded_ones_are_not_active_nor_their_own_end
    check (superseded_by is null or (superseded_by <> id and status <> 'active' and valid_until is not null)),
  constraint memories_consented_ones_say_since_when
    check (not is_consented or (consented_at is not null and withdrawn_at is null)),
  constraint memories_withdrawn_consent_had_been_given check (withdrawn_at is null or consented_at is not null),
  constraint memories_pii_detected_is_an_object_of_at_most_8_kb
    check (jsonb_typeof(pii_detected) = 'object' and octet_length(pii_detected::text) <= 8192),
  constraint memories_tags_are_at_most_20_and_1000_characters
    check (cardinality(tags) <= 20 and array_position(tags, null) is null and length(array_to_string(tags, ' ')) <= 1000),
  constraint memories_extraction_metadata_is_an_object_of_at_most_8_kb
    check (jsonb_typeof(extraction_metadata) = 'object' and octet_length(extraction_metadata::text) <= 8192)
);

comment on table  public.memories is 'One thing that the companion keeps in mind about a person.';
comment on column public.memories.conversation_id is 'Where it was learnt; null when that is gone, or was no conversation.';
comment on column public.memories.message_id is 'What it was drawn from; null when that is gone, or was no message.';
comment on column public.memories.author_role is 'Whose words it holds: hers, her companion''s, or the system''s.';
comment on column public.memories.content is
  'The memory as it is kept, shown and searched: cleaned, merged with others, and without personal data when she wants that.';
comment on column public.memories.original_content is
  'The words that it was first drawn from; null when she wants personal data left out.';
comment on column public.memories.processed_content is
  'The content without personal data, for whatever leaves the house; null when that was not asked for.';
comment on column public.memories.summary is 'In a few words, for lists and prompts; null when the content is short enough.';
comment on column public.memories.significance_category is 'Which part of her life it matters to, such as `family` or `work`.';
comment on column public.memories.relevance_score is 'From 0 to 1: how much it helps to know it.';
comment on column public.memories.stability_score is 'From 0 to 1: how long it will stay true.';
comment on column public.memories.explicitness_score is 'From 0 (read between the lines) to 1 (said outright).';
comment on column public.memories.composite_score is
  '0.5 relevance + 0.3 stability + 0.2 explicitness, from 0 to 1: what decides on significance, and on long-term storage.';
comment on column public.memories.quality_score is 'From 0 to 100: how well it is put and founded; null when not judged.';
comment on column public.memories.validation_passed is
  'Whether a check of its own found it true to its source; null until then. Without it, it is not found.';
comment on column public.memories.decay_rate is
  'How fast it fades, per day: what is left of it is exp(-decay_rate * days since it was last used), so 0.02 halves it '
  'in 35 days, and 0 never. Computed when reading, never stored.';
comment on column public.memories.consolidation_count is 'How often other memories were merged into it.';
comment on column public.memories.valid_from is 'Since when it is true of her.';
comment on column public.memories.valid_until is 'Until when it was true of her; null while it is.';
comment on column public.memories.superseded_by is 'The newer memory that replaced it; null when none did, or that is gone.';
comment on column public.memories.is_consented is 'She lets it be kept and used. Without it, it is shown to her only.';
comment on column public.memories.consented_at is 'When she last said so; null when she never did.';
comment on column public.memories.withdrawn_at is 'When she took it back; null while it holds.';
comment on column public.memories.pii_detected is 'Kinds of personal data found in it, with their number.';
comment on column public.memories.extraction_metadata is
  'How it was drawn, or came with an import: a JSON object of at most 8 kB.';
comment on column public.memories.version is 'Grows with each change, for writers that must not overwrite each other.';

-- Her lists: all, of one kind, of one storage, of one status.
create index memories_by_creation_idx      on public.memories (user_id, created_at desc, id desc);
create index memories_by_type_idx          on public.memories (user_id, memory_type, created_at desc, id desc);
create index memories_by_storage_type_idx  on public.memories (user_id, storage_type, created_at desc, id desc);
create index memories_by_status_idx        on public.memories (user_id, status, created_at desc, id desc);
create index memories_by_conversation_idx  on public.memories (user_id, conversation_id);
create index memories_by_message_idx       on public.memories (user_id, message_id);
create index memories_by_superseded_by_idx on public.memories (user_id, superseded_by);

create function private.memories_change() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    if new.is_consented then
      new.consented_at := coalesce(new.consented_at, now());
    end if;
    return new;
  end if;

  if (new.id, new.user_id) is distinct from (old.id, old.user_id) then
    raise exception using errcode = 'CA409', message = 'A memory stays with its owner.';
  end if;
  if new.superseded_by is not null and old.superseded_by is null then
    new.valid_until := coalesce(new.valid_until, greatest(now(), new.valid_from));
    if new.status = 'active' then
      new.status := 'inactive';
    end if;
  end if;
  if new.status <> old.status then
    -- An undo of what an agent did puts a former status back.
    if current_user <> 'cairn_undo' and not (
      case old.status
        when 'active'    then true
        when 'inactive'  then new.status <> 'active' or new.superseded_by is null
        when 'archived'  then new.status = 'dismissed' or (new.status = 'active' and new.superseded_by is null)
        when 'dismissed' then new.status = 'active' and new.superseded_by is null
      end
    ) then
      raise exception using errcode = 'CA409',
        message = format(
          'A memory that is %s%s cannot become %s.',
          old.status, case when new.superseded_by is not null then ', and replaced by a newer one,' end, new.status
        );
    end if;
    new.status_changed_at := now();
  end if;
  if new.is_consented and not old.is_consented then
    new.consented_at := now();
    new.withdrawn_at := null;
  elsif old.is_consented and not new.is_consented then
    new.withdrawn_at := now();
  end if;

  -- What is generated is computed later; here it is empty, and would look like a change.
  new.composite_score := old.composite_score;
  if new is distinct from old then
    new.version := old.version + 1;
    new.updated_at := now();
  end if;
  return new;
end
$$;
comment on function private.memories_change is
  'Before insert or update: lets a status go only where it may, says when consent came and went, and counts the version.';
-- Consent is hers to give. The pipeline may store with the consent that her settings give; an agent may not.
create trigger t060_memories_only_herself before update of is_consented on public.memories
  for each row when (new.is_consented and not old.is_consented) execute function private.only_herself();
create trigger t060_memories_only_herself_insert before insert on public.memories
  for each row when (new.is_consented and private.actor() like 'agent:%') execute function private.only_herself();
create trigger t100_memories_change before insert or update on public.memories
  for each row execute function private.memories_change();

alter table public.memories enable row level security;
alter table public.memories force row level security;
create policy owner_select on public.memories for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.memories for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.memories for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.memories for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- She consents, archives, dismisses and deletes. What a memory says and weighs, only the server says.
grant select, update (is_consented, status), delete on public.memories to authenticated;
grant
  insert (
    id, conversation_id, message_id, author_role, content, original_content, processed_content, summary, memory_type,
    storage_type, significance_level, significance_category, relevance_score, stability_score, explicitness_score,
    quality_score, validation_passed, decay_rate, consolidation_count, valid_from, valid_until, is_consented,
    pii_detected, tags, extraction_metadata
  ),
  update (
    content, original_content, processed_content, summary, memory_type, storage_type, significance_level,
    significance_category, relevance_score, stability_score, explicitness_score, quality_score, validation_passed,
    decay_rate, consolidation_count, valid_from, valid_until, superseded_by, pii_detected, tags, extraction_metadata
  )
  on public.memories to cairn_server;

create constraint trigger t900_memories_live after insert or update or delete on public.memories
  deferrable initially deferred
  for each row execute function private.live_record();

-- memory_vectors --------------------------------------------------------------

create table public.memory_vectors (
  user_id    uuid        not null default auth.uid(),
  id         uuid        not null,
  embedder   text        not null,
  embedding  extensions.halfvec(768) not null,
  bits       bit(768)    not null generated always as (extensions.binary_quantize(embedding)::bit(768)) stored,
  search     tsvector    not null,
  created_at timestamptz not null default now(),

  constraint memory_vectors_pkey primary key (user_id, id),
  constraint memory_vectors_memory_fkey foreign key (id, user_id)
    references public.memories (id, user_id) on delete cascade,
  constraint memory_vectors_embedder_is_a_short_name check (embedder ~ '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,59}$')
);
-- In the row, never beside it: an exact search then reads 3 to 10 times faster.
alter table public.memory_vectors alter column embedding set storage plain;

comment on table  public.memory_vectors is
  'How a memory is found. A row is there only while the memory is active, validated and consented to; it is replaced, never changed.';
comment on column public.memory_vectors.id is 'The memory''s id.';
comment on column public.memory_vectors.embedder is 'The model that made the embedding. A search compares those of one model only.';
comment on column public.memory_vectors.embedding is
  'The meaning of its content, at half precision; a model of fewer dimensions fills up with zeros. Compare by cosine.';
comment on column public.memory_vectors.bits is 'The sign of each dimension, for the first and fast part of a search.';
comment on column public.memory_vectors.search is 'The words of its content, for the search by words.';

-- The first part of a search reads this and not the table. There is no index of neighbours (HNSW) over
-- everybody: under policies it finds the wrong rows, and too few of them.
create index memory_vectors_by_bits_idx on public.memory_vectors (user_id, embedder) include (id, bits);
create index memory_vectors_by_words_idx on public.memory_vectors using gin (user_id, search);

create function private.memory_vectors_admit() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  memory public.memories;
begin
  if tg_op = 'UPDATE' then
    raise exception using errcode = 'CA409', message = 'A vector is replaced, never changed.';
  end if;
  -- Locked, so that consent that is withdrawn meanwhile finds the vector, and takes it away.
  select * into memory
  from public.memories as known
  where known.id = new.id and known.user_id = new.user_id
  for share;
  if memory.id is null then
    raise exception using errcode = 'CA404', message = 'There is no such memory, or it is not yours.';
  end if;
  if not (memory.is_consented and memory.status = 'active' and coalesce(memory.validation_passed, false)) then
    raise exception using errcode = 'CA409',
      message = 'Only a memory that is active, validated and consented to has a vector.';
  end if;
  return new;
end
$$;
comment on function private.memory_vectors_admit is
  'Before insert: only a memory that may be found gets a vector. Before update: refuses.';
create trigger t100_memory_vectors_admit before insert or update on public.memory_vectors
  for each row execute function private.memory_vectors_admit();

create function private.memories_drop_vector() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  -- Definer, because it is she who withdraws, and nobody but the server writes vectors.
  delete from public.memory_vectors as vector where vector.user_id = new.user_id and vector.id = new.id;
  return null;
end
$$;
comment on function private.memories_drop_vector is
  'After a change of what may be found, or of its words: take the vector away. The pipeline makes another if it may.';
create trigger t500_memories_drop_vector after update on public.memories
  for each row
  when (
    not (new.is_consented and new.status = 'active' and coalesce(new.validation_passed, false))
    or (old.content, old.processed_content, old.summary)
       is distinct from (new.content, new.processed_content, new.summary)
  )
  execute function private.memories_drop_vector();

alter table public.memory_vectors enable row level security;
alter table public.memory_vectors force row level security;
create policy owner_select on public.memory_vectors for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.memory_vectors for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.memory_vectors for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.memory_vectors for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant select on public.memory_vectors to authenticated;
grant insert (id, embedder, embedding, search), delete on public.memory_vectors to cairn_server;

-- memory_access ---------------------------------------------------------------
-- What changes with each use stands apart: on the vector's row it would cost the searches their index.

create table public.memory_access (
  user_id          uuid        not null default auth.uid(),
  id               uuid        not null,
  salience         smallint    not null default 5,
  access_count     integer     not null default 0,
  last_accessed_at timestamptz,
  created_at       timestamptz not null default now(),

  constraint memory_access_pkey primary key (user_id, id),
  constraint memory_access_memory_fkey foreign key (id, user_id)
    references public.memories (id, user_id) on delete cascade,
  constraint memory_access_salience_is_between_0_and_10 check (salience between 0 and 10),
  constraint memory_access_count_is_not_negative check (access_count >= 0)
)
-- Room for the next count on the same page.
with (fillfactor = 80);

comment on table  public.memory_access is 'How present a memory is, and how often it was used; without a row it never was.';
comment on column public.memory_access.id is 'The memory''s id.';
comment on column public.memory_access.salience is 'How much it stands out just now: 0 not at all, 10 the most.';
comment on column public.memory_access.access_count is 'How often it went into a reply or an answer.';
comment on column public.memory_access.last_accessed_at is 'When it last did; null when it never did. What fades, fades from here.';

alter table public.memory_access enable row level security;
alter table public.memory_access force row level security;
create policy owner_select on public.memory_access for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.memory_access for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.memory_access for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.memory_access for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- No delete: it goes with its memory.
grant select on public.memory_access to authenticated;
grant insert (id, salience, access_count, last_accessed_at), update (salience, access_count, last_accessed_at)
  on public.memory_access to cairn_server;

create function private.touch_memory_access(ids uuid[]) returns bigint
  language sql volatile set search_path = ''
as $$
  with known as (
    -- The memories first, and in one order, so that two of these never wait for each other.
    select memory.id
    from public.memories as memory
    where memory.id = any (ids)
    order by memory.id
    for key share
  ),
  touched as (
    insert into public.memory_access as access (id, access_count, last_accessed_at)
    select known.id, 1, now() from known order by known.id
    on conflict on constraint memory_access_pkey do update
    set access_count = access.access_count + 1, last_accessed_at = now()
    returning 1
  )
  select count(*) from touched
$$;
comment on function private.touch_memory_access is
  'Count these memories of the caller as used now; gives how many there are. Others'' and missing ones are passed over.';
grant execute on function private.touch_memory_access to cairn_server;

-- memory_links ----------------------------------------------------------------

create table public.memory_links (
  id             uuid        primary key default private.uuid_v7(),
  user_id        uuid        not null default auth.uid(),
  from_memory_id uuid        not null,
  to_memory_id   uuid        not null,
  kind           public.memory_link_kind not null default 'related',
  strength       double precision,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),

  constraint memory_links_from_memory_fkey foreign key (from_memory_id, user_id)
    references public.memories (id, user_id) on delete cascade,
  constraint memory_links_to_memory_fkey foreign key (to_memory_id, user_id)
    references public.memories (id, user_id) on delete cascade,
  constraint memory_links_join_two_memories check (from_memory_id <> to_memory_id),
  constraint memory_links_strength_is_between_0_and_1 check (strength between 0 and 1)
);

comment on table  public.memory_links is 'What two memories have to do with each other; one link for a pair, whichever comes first.';
comment on column public.memory_links.kind is 'What the first is to the second, so `causes` reads from left to right.';
comment on column public.memory_links.strength is 'From 0 to 1: how close they are; null when not measured.';

create unique index memory_links_pair_key on public.memory_links
  (user_id, least(from_memory_id, to_memory_id), greatest(from_memory_id, to_memory_id));
create index memory_links_by_from_memory_idx on public.memory_links (user_id, from_memory_id);
create index memory_links_by_to_memory_idx   on public.memory_links (user_id, to_memory_id);

create trigger t900_memory_links_touch before update on public.memory_links
  for each row execute function private.touch_updated_at();

alter table public.memory_links enable row level security;
alter table public.memory_links force row level security;
create policy owner_select on public.memory_links for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.memory_links for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.memory_links for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.memory_links for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- The pipeline links; she may part what does not belong together.
grant select, delete on public.memory_links to authenticated;
grant insert (id, from_memory_id, to_memory_id, kind, strength), update (kind, strength)
  on public.memory_links to cairn_server;

-- memory_metrics --------------------------------------------------------------

create table public.memory_metrics (
  id               uuid        primary key default private.uuid_v7(),
  user_id          uuid        not null default auth.uid() references public.users on delete cascade,
  day              date        not null,
  retrievals       integer     not null default 0,
  misses           integer     not null default 0,
  candidates       bigint      not null default 0,
  hits             bigint      not null default 0,
  score_total      double precision not null default 0,
  latency_ms_total double precision not null default 0,
  latency_ms_max   double precision not null default 0,
  mean_score       double precision generated always as (score_total / nullif(hits, 0)) stored,
  mean_latency_ms  double precision generated always as (latency_ms_total / nullif(retrievals, 0)) stored,
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),

  constraint memory_metrics_day_key unique (user_id, day),
  constraint memory_metrics_counts_and_sums_agree check (
    misses between 0 and retrievals and hits between 0 and candidates
    and score_total between 0 and hits and latency_ms_max between 0 and latency_ms_total
  )
);

comment on table  public.memory_metrics is 'How well a person''s memory was searched, a row for each day: numbers only.';
comment on column public.memory_metrics.day is 'By UTC.';
comment on column public.memory_metrics.misses is 'Retrievals that found nothing.';
comment on column public.memory_metrics.candidates is 'Memories that were looked at, in all retrievals of the day.';
comment on column public.memory_metrics.hits is 'Memories that were found, in all retrievals of the day.';
comment on column public.memory_metrics.score_total is 'The sum of the scores, 0 to 1 each, of what was found.';
comment on column public.memory_metrics.mean_score is 'The mean score of what was found; null when nothing was.';

create trigger t900_memory_metrics_touch before update on public.memory_metrics
  for each row execute function private.touch_updated_at();

alter table public.memory_metrics enable row level security;
alter table public.memory_metrics force row level security;
create policy owner_select on public.memory_metrics for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.memory_metrics for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.memory_metrics for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.memory_metrics for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant select on public.memory_metrics to authenticated;
grant
  insert (day, retrievals, misses, candidates, hits, score_total, latency_ms_total, latency_ms_max),
  update (retrievals, misses, candidates, hits, score_total, latency_ms_total, latency_ms_max)
  on public.memory_metrics to cairn_server;

create function private.record_memory_retrieval(
  latency_ms double precision, candidates integer, hits integer, mean_score double precision default null
) returns void
  language sql volatile set search_path = ''
as $$
  insert into public.memory_metrics as counted
    (day, retrievals, misses, candidates, hits, score_total, latency_ms_total, latency_ms_max)
  values (
    (now() at time zone 'UTC')::date, 1, (hits = 0)::integer, candidates, hits, coalesce(mean_score, 0) * hits,
    latency_ms, latency_ms
  )
  on conflict on constraint memory_metrics_day_key do update
  set retrievals       = counted.retrievals + 1,
      misses           = counted.misses + excluded.misses,
      candidates       = counted.candidates + excluded.candidates,
      hits             = counted.hits + excluded.hits,
      score_total      = counted.score_total + excluded.score_total,
      latency_ms_total = counted.latency_ms_total + excluded.latency_ms_total,
      latency_ms_max   = greatest(counted.latency_ms_max, excluded.latency_ms_max)
$$;
comment on function private.record_memory_retrieval is
  'Count one search of the caller''s memory: how long it took, how many were looked at and found, and their mean score.';
grant execute on function private.record_memory_retrieval to cairn_server;

-- check_ins -------------------------------------------------------------------

create table public.check_ins (
  id              uuid        primary key default private.uuid_v7(),
  user_id         uuid        not null default auth.uid() references public.users on delete cascade,
  conversation_id uuid,
  mood            smallint,
  energy          smallint,
  prompts         text[]      not null default '{}',
  note            text,
  origin          public.entry_origin not null default private.writer(),
  occurred_at     timestamptz not null default now(),
  version         integer     not null default 1,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),

  constraint check_ins_conversation_fkey foreign key (conversation_id, user_id)
    references public.conversations (id, user_id) on delete set null (conversation_id),
  constraint check_ins_mood_is_between_0_and_10 check (mood between 0 and 10),
  constraint check_ins_energy_is_between_0_and_10 check (energy between 0 and 10),
  constraint check_ins_prompts_are_at_most_10_and_2000_characters check (
    cardinality(prompts) <= 10 and array_position(prompts, null) is null
    and length(array_to_string(prompts, ' ')) <= 2000
  ),
  constraint check_ins_note_is_at_most_4000_characters check (length(note) <= 4000),
  constraint check_ins_say_at_least_one_thing check (num_nonnulls(mood, energy) > 0 or coalesce(note ~ '\S', false))
);

comment on table  public.check_ins is 'How she was at one moment, in a few strokes.';
comment on column public.check_ins.conversation_id is 'The conversation that it was part of; null for one by itself.';
comment on column public.check_ins.mood is '0 the worst that she can imagine, 10 the best; null when she did not say.';
comment on column public.check_ins.energy is '0 none, 10 the most that she can imagine; null when she did not say.';
comment on column public.check_ins.prompts is 'What she was asked, in that order; none when she wrote unasked.';
comment on column public.check_ins.note is 'Her own words.';
comment on column public.check_ins.occurred_at is 'Which moment it tells of, which may be earlier than when she wrote it.';

create index check_ins_by_occurrence_idx   on public.check_ins (user_id, occurred_at desc, id desc);
create index check_ins_by_conversation_idx on public.check_ins (user_id, conversation_id);

create trigger t900_check_ins_version before update on public.check_ins
  for each row execute function private.count_version();

alter table public.check_ins enable row level security;
alter table public.check_ins force row level security;
create policy owner_select on public.check_ins for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.check_ins for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.check_ins for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.check_ins for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (id, conversation_id, mood, energy, prompts, note, occurred_at),
  update (mood, energy, prompts, note, occurred_at),
  delete
  on public.check_ins to authenticated;
grant insert (origin) on public.check_ins to cairn_server;

create constraint trigger t900_check_ins_live after insert or update or delete on public.check_ins
  deferrable initially deferred
  for each row execute function private.live_record();
