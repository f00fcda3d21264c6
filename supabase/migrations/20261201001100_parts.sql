-- Parts: the inner family of Internal Family Systems, as one person knows hers.
--
-- A part is welcome before it is understood. It emerges in what she says, she acknowledges it, it
-- becomes somebody she works with, and in the end it is integrated; it never becomes unknown again.
-- She says who a part is. How sure her companion is of it, and the words of hers that this rests on,
-- the server alone may write.

set lock_timeout = '5s';
set statement_timeout = '60s';

create type public.part_role as enum ('manager', 'firefighter', 'exile', 'self', 'unknown');
create type public.part_status as enum ('emerging', 'acknowledged', 'active', 'integrated');
create type public.part_relationship_type as enum ('protector_exile', 'polarized', 'allied');
create type public.part_assessment_type as enum (
  'observation', 'activation', 'self_energy', 'trust', 'burden', 'unburdening', 'integration'
);

comment on type public.part_role is
  'manager: keeps her safe beforehand. firefighter: puts out the pain once it burns. exile: carries the pain. '
  'self: no part, but who she is when all of them step back. unknown: not understood yet.';
comment on type public.part_status is 'How far she has come with it, in this order.';
comment on type public.part_relationship_type is
  'protector_exile: the first keeps the second from being hurt. polarized: each fights what the other does. '
  'allied: they work together. The last two read the same from either end.';
comment on type public.part_assessment_type is
  'observation: something noticed. activation: how much it leads just now. self_energy: how much curiosity and '
  'compassion she has for it. trust: how much it trusts her. burden: the belief or feeling it carries. unburdening: '
  'what it let go of. integration: how it lives with the others.';

-- parts -----------------------------------------------------------------------

create table public.parts (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid() references public.users on delete cascade,
  origin            public.entry_origin not null default private.writer(),
  name              text        not null,
  story             text,
  role              public.part_role   not null default 'unknown',
  status            public.part_status not null default 'emerging',
  status_changed_at timestamptz not null default now(),
  confidence_score  double precision not null default 0,
  recent_evidence   jsonb[]     not null default '{}',
  felt_age          smallint,
  body_location     text,
  image             text,
  intention         text,
  fears             text[]      not null default '{}',
  needs             text[]      not null default '{}',
  attributes        jsonb       not null default '{}',
  version           integer     not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint parts_owner_key unique (id, user_id),
  constraint parts_name_is_not_blank check (name ~ '\S'),
  constraint parts_name_is_at_most_100_characters check (length(name) <= 100),
  constraint parts_story_is_at_most_8000_characters check (length(story) <= 8000),
  constraint parts_confidence_score_is_between_0_and_1 check (confidence_score between 0 and 1),
  constraint parts_recent_evidence_is_at_most_10
    check (cardinality(recent_evidence) <= 10 and octet_length(recent_evidence::text) <= 32768),
  constraint parts_recent_evidence_says_quote_message_and_moment check (
    jsonb_array_length(
      jsonb_path_query_array(
        to_jsonb(recent_evidence),
        'strict $[*] ? (@.type() == "object"
                        && @.quote like_regex "\\S"
                        && (@.message_id == null || @.message_id like_regex "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
                        && @.at like_regex "^[0-9]{4}-[0-9]{2}-[0-9]{2}T")'
      )
    ) = cardinality(recent_evidence)
  ),
  constraint parts_felt_age_is_between_0_and_120_years check (felt_age between 0 and 120),
  constraint parts_body_location_is_at_most_200_characters check (length(body_location) <= 200),
  constraint parts_image_is_at_most_1000_characters check (length(image) <= 1000),
  constraint parts_intention_is_at_most_1000_characters check (length(intention) <= 1000),
  constraint parts_fears_are_at_most_20
    check (cardinality(fears) <= 20 and octet_length(fears::text) <= 8000 and array_position(fears, null) is null),
  constraint parts_needs_are_at_most_20
    check (cardinality(needs) <= 20 and octet_length(needs::text) <= 8000 and array_position(needs, null) is null),
  constraint parts_attributes_are_an_object_of_at_most_8_kb
    check (jsonb_typeof(attributes) = 'object' and octet_length(attributes::text) <= 8192)
);

comment on table  public.parts is 'A part of her, in the sense of Internal Family Systems.';
comment on column public.parts.origin is 'Who wrote it down first.';
comment on column public.parts.name is 'As she calls it: "the one who checks the door". Two may have the same.';
comment on column public.parts.story is 'Where it comes from, as it tells her.';
comment on column public.parts.status is 'It goes only forward, by one or more steps; back only when she undoes what an agent did.';
comment on column public.parts.status_changed_at is 'Since when it has this status.';
comment on column public.parts.confidence_score is
  'How well it is supported by what she said: from 0 (not at all) to 1. Each citation closes a fifth of what is '
  'missing to 1, or less when it weighs less. Only the server writes it.';
comment on column public.parts.recent_evidence is
  'The last ten citations from her language, oldest first: objects with `quote`, `message_id` (null when from no message) '
  'and `at`. A citation goes when its message is deleted. Only the server writes them: see add_part_evidence.';
comment on column public.parts.felt_age is 'How old it feels, in years; null when unknown or without age.';
comment on column public.parts.body_location is 'Where in her body she feels it.';
comment on column public.parts.image is 'How it looks, when she sees it.';
comment on column public.parts.intention is 'What it wants for her; even the harshest wants something good.';
comment on column public.parts.fears is 'What it is afraid would happen if it stopped.';
comment on column public.parts.needs is 'What it needs, from her or from others.';
comment on column public.parts.attributes is 'What else an app keeps of it: a JSON object of at most 8 kB.';
comment on column public.parts.version is
  'Grows with each change of what she can write, for writers that must not overwrite each other; not with evidence.';

-- Her list, newest first, of all and within a status.
create index parts_by_creation_idx on public.parts (user_id, created_at desc, id desc);
create index parts_by_status_idx   on public.parts (user_id, status, created_at desc, id desc);

create function private.parts_change() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if (new.id, new.user_id, new.origin) is distinct from (old.id, old.user_id, old.origin) then
    raise exception using errcode = 'CA409', message = 'A part stays with whose it is and who found it.';
  end if;
  -- An undo of what an agent did puts back what was, with its moment.
  if current_user <> 'cairn_undo' then
    if new.status < old.status then
      raise exception using errcode = 'CA409',
        message = format('A part that is %s cannot become %s.', old.status, new.status);
    end if;
    new.status_changed_at := case when new.status = old.status then old.status_changed_at else now() end;
  end if;
  return new;
end
$$;
comment on function private.parts_change is 'Before update: a part goes only forward, and says since when.';
-- Nobody who acts for her says that it was she.
create trigger t060_parts_only_herself_insert before insert on public.parts
  for each row when (new.origin = 'user') execute function private.only_herself();
create trigger t100_parts_change before update on public.parts
  for each row execute function private.parts_change();
create trigger t900_parts_touch before update on public.parts
  for each row
  when (old.* is distinct from new.*)
  execute function private.touch_updated_at();
create trigger t910_parts_version before update on public.parts
  for each row
  -- Not when evidence comes in: what she is writing just then conflicts with nothing.
  when (
    (old.name, old.story, old.role, old.status, old.felt_age, old.body_location, old.image, old.intention, old.fears,
     old.needs, old.attributes)
    is distinct from
    (new.name, new.story, new.role, new.status, new.felt_age, new.body_location, new.image, new.intention, new.fears,
     new.needs, new.attributes)
  )
  execute function private.count_version();
create constraint trigger t900_parts_live after insert or update or delete on public.parts
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.parts enable row level security;
alter table public.parts force row level security;
create policy owner_select on public.parts for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.parts for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.parts for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.parts for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (id, name, story, role, status, felt_age, body_location, image, intention, fears, needs, attributes),
  update (name, story, role, status, felt_age, body_location, image, intention, fears, needs, attributes),
  delete
  on public.parts to authenticated;
-- status_changed_at is what parts_change makes it, unless an undo puts it back.
grant insert (origin), update (confidence_score, recent_evidence, status_changed_at) on public.parts to cairn_server;

-- add_part_evidence -----------------------------------------------------------

create function private.add_part_evidence(
  part_id uuid, quote text, message_id uuid default null, weight double precision default 1
)
  returns setof public.parts
  language plpgsql volatile set search_path = ''
as $$
begin
  if coalesce(quote !~ '\S' or length(quote) > 500, true) then
    raise exception using errcode = 'CA400', message = 'A quote has 1 to 500 characters.';
  end if;
  if coalesce(weight <= 0 or weight > 1, true) then
    raise exception using errcode = 'CA400', message = 'The weight of evidence is more than 0 and at most 1.';
  end if;
  -- What others say of her is no evidence.
  if message_id is not null and not exists (
    select from public.messages as message
    where message.id = add_part_evidence.message_id and message.role = 'user'
  ) then
    raise exception using errcode = 'CA404', message = 'There is no such message of hers.';
  end if;

  -- One statement, so that citations that come together come one after the other.
  return query
    update public.parts as part
    set recent_evidence = (
          array_append(
            part.recent_evidence,
            jsonb_build_object('quote', quote, 'message_id', add_part_evidence.message_id, 'at', clock_timestamp())
          )
        )[greatest(cardinality(part.recent_evidence) - 8, 1):],
        confidence_score = least(part.confidence_score + (1 - part.confidence_score) * weight / 5, 1)
    where part.id = part_id
      -- The same words of the same message, found twice, are found once.
      and not exists (
        select from unnest(part.recent_evidence) as known
        where known ->> 'quote' = quote and known ->> 'message_id' = add_part_evidence.message_id::text
      )
    returning part.*;
  if found then
    return;
  end if;
  return query select part.* from public.parts as part where part.id = part_id;
  if not found then
    raise exception using errcode = 'CA404', message = 'There is no such part, or it is not yours.';
  end if;
end
$$;
comment on function private.add_part_evidence is
  'Cite words of hers for a part: kept with the last ten, and the confidence grows by a fifth, times the weight (more '
  'than 0, at most 1), of what it lacks to 1. The same words of the same message count once while they are kept. '
  'CA404 when the part is missing or another''s, or the message is none of hers.';
grant execute on function private.add_part_evidence to cairn_server;

create function private.messages_forget_evidence() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update public.parts as part
  set recent_evidence = array(
    select evidence.cited
    from unnest(part.recent_evidence) with ordinality as evidence (cited, place)
    where evidence.cited ->> 'message_id' is null
       or evidence.cited ->> 'message_id' not in (select gone.id::text from deleted as gone)
    order by evidence.place
  )
  where part.user_id in (select gone.user_id from deleted as gone)
    and exists (
      select from unnest(part.recent_evidence) as cited
      where cited ->> 'message_id' in (select gone.id::text from deleted as gone)
    );
  return null;
end
$$;
comment on function private.messages_forget_evidence is
  'After delete, by whomever: words that she takes back are cited no longer. How sure one was stays.';
create trigger t500_messages_forget_evidence after delete on public.messages
  referencing old table as deleted
  for each statement execute function private.messages_forget_evidence();

-- part_relationships ----------------------------------------------------------

create table public.part_relationships (
  id                 uuid        primary key default private.uuid_v7(),
  user_id            uuid        not null default auth.uid(),
  from_part_id       uuid        not null,
  to_part_id         uuid        not null,
  origin             public.entry_origin not null default private.writer(),
  relationship_type  public.part_relationship_type not null,
  polarization_level smallint,
  notes              text,
  version            integer     not null default 1,
  created_at         timestamptz not null default now(),
  updated_at         timestamptz not null default now(),

  constraint part_relationships_parts_key unique (user_id, from_part_id, to_part_id, relationship_type),
  constraint part_relationships_from_part_fkey foreign key (from_part_id, user_id)
    references public.parts (id, user_id) on delete cascade,
  constraint part_relationships_to_part_fkey foreign key (to_part_id, user_id)
    references public.parts (id, user_id) on delete cascade,
  constraint part_relationships_are_between_two_parts check (from_part_id <> to_part_id),
  constraint part_relationships_polarization_level_is_between_0_and_10 check (polarization_level between 0 and 10),
  constraint part_relationships_only_polarized_ones_have_a_level
    check (polarization_level is null or relationship_type = 'polarized'),
  constraint part_relationships_notes_are_at_most_4000_characters check (length(notes) <= 4000)
);

comment on table  public.part_relationships is 'How two of her parts stand to each other.';
comment on column public.part_relationships.from_part_id is 'The protector, where one protects the other.';
comment on column public.part_relationships.to_part_id is 'The exile, where one protects the other.';
comment on column public.part_relationships.origin is 'Who wrote it down first.';
comment on column public.part_relationships.polarization_level is
  'How hard the two fight: 0 not at all, 10 as hard as she can imagine; null when not said, or when they do not.';

-- From either end; and no relationship twice because it was told from the other one.
create index part_relationships_by_to_part_idx on public.part_relationships (user_id, to_part_id);
create unique index part_relationships_pair_key on public.part_relationships
  (user_id, least(from_part_id, to_part_id), greatest(from_part_id, to_part_id), relationship_type);
-- Her list, newest first.
create index part_relationships_by_creation_idx on public.part_relationships (user_id, created_at desc, id desc);

-- Nobody who acts for her says that it was she.
create trigger t060_part_relationships_only_herself_insert before insert on public.part_relationships
  for each row when (new.origin = 'user') execute function private.only_herself();
create trigger t900_part_relationships_version before update on public.part_relationships
  for each row execute function private.count_version();
create constraint trigger t900_part_relationships_live after insert or update or delete on public.part_relationships
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.part_relationships enable row level security;
alter table public.part_relationships force row level security;
create policy owner_select on public.part_relationships for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.part_relationships for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.part_relationships for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.part_relationships for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- Between other parts it is another relationship: delete it and make that one.
grant
  select,
  insert (id, from_part_id, to_part_id, relationship_type, polarization_level, notes),
  update (relationship_type, polarization_level, notes),
  delete
  on public.part_relationships to authenticated;
grant insert (origin) on public.part_relationships to cairn_server;

-- part_assessments ------------------------------------------------------------

create table public.part_assessments (
  id              uuid        primary key default private.uuid_v7(),
  user_id         uuid        not null default auth.uid(),
  part_id         uuid        not null,
  message_id      uuid,
  origin          public.entry_origin not null default private.writer(),
  assessment_type public.part_assessment_type not null,
  intensity       smallint,
  note            text,
  content         jsonb       not null default '{}',
  created_at      timestamptz not null default now(),

  constraint part_assessments_part_fkey foreign key (part_id, user_id)
    references public.parts (id, user_id) on delete cascade,
  constraint part_assessments_message_fkey foreign key (message_id, user_id)
    references public.messages (id, user_id) on delete set null (message_id),
  constraint part_assessments_intensity_is_between_0_and_10 check (intensity between 0 and 10),
  constraint part_assessments_note_is_not_blank check (note ~ '\S'),
  constraint part_assessments_note_is_at_most_4000_characters check (length(note) <= 4000),
  constraint part_assessments_content_is_an_object_of_at_most_8_kb
    check (jsonb_typeof(content) = 'object' and octet_length(content::text) <= 8192),
  constraint part_assessments_are_not_empty check (num_nonnulls(intensity, note) > 0 or content <> '{}')
);

comment on table  public.part_assessments is
  'What was found about a part at one time. Assessments are only added: a change is a new one, and the row of them is its history.';
comment on column public.part_assessments.message_id is 'The message that it rests on; null when on none, or that is gone.';
comment on column public.part_assessments.origin is 'Who found it.';
comment on column public.part_assessments.intensity is
  'How much of what the type names: 0 none, 10 the most she can imagine; null when it was not weighed.';
comment on column public.part_assessments.note is 'What was found, in words.';
comment on column public.part_assessments.content is
  'Answers of a questionnaire and the like, in its own form: a JSON object of at most 8 kB.';

-- A part's history, newest first; and hers over all parts.
create index part_assessments_by_part_idx     on public.part_assessments (user_id, part_id, created_at desc, id desc);
create index part_assessments_by_message_idx  on public.part_assessments (user_id, message_id);
create index part_assessments_by_creation_idx on public.part_assessments (user_id, created_at desc, id desc);

-- Nobody who acts for her says that it was she.
create trigger t060_part_assessments_only_herself_insert before insert on public.part_assessments
  for each row when (new.origin = 'user') execute function private.only_herself();
create constraint trigger t900_part_assessments_live after insert or update or delete on public.part_assessments
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.part_assessments enable row level security;
alter table public.part_assessments force row level security;
create policy owner_select on public.part_assessments for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.part_assessments for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.part_assessments for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.part_assessments for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- No update, for anybody. She may take one away, as all that is about her.
grant select, insert (id, part_id, message_id, assessment_type, intensity, note, content), delete
  on public.part_assessments to authenticated;
grant insert (origin) on public.part_assessments to cairn_server;
