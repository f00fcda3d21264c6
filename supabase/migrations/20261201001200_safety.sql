-- Safety: what was noticed when somebody was in danger, whom she wants to be called, and her own plan.
--
-- A crisis event says that, how grave and how it was noticed, and what she was offered; never what
-- she wrote. She herself and a care team with a second factor may read it, and the care team's
-- reading is written down first. Other people's names and numbers are here because she trusts them:
-- who has an account is linked only by accepting, and whoever withdraws leaves nothing of himself.

set lock_timeout = '5s';
set statement_timeout = '60s';

create type public.crisis_source as enum ('rules', 'model', 'user', 'voice', 'journal', 'feedback', 'staff');
create type public.crisis_flag as enum (
  'suicide', 'self_harm', 'violence', 'abuse', 'eating', 'substance_use', 'psychosis', 'panic', 'medical', 'other'
);
create type public.crisis_status as enum ('open', 'handled');
create type public.escalation_path as enum (
  'resources', 'safety_plan', 'safety_contacts', 'care_team', 'emergency_services'
);
create type public.safety_contact_state as enum ('listed', 'invited', 'confirmed', 'withdrawn');
create type public.contact_method as enum ('app', 'sms', 'call', 'email');
create type public.contact_reason as enum ('crisis', 'missed_check_in', 'asked_for', 'follow_up', 'trial');
create type public.contact_initiator as enum ('system', 'user', 'staff');
create type private.staff_role as enum ('care_team', 'admin');

comment on type public.crisis_source is
  'What noticed it: the fast rules, a model, she herself, the voice or journal pipeline, a word of feedback, or staff.';
comment on type public.crisis_flag is 'What kind of danger.';
comment on type public.crisis_status is 'open until somebody of the care team has handled it.';
comment on type public.escalation_path is
  'How far help was called, in ascending order: numbers and places were shown, her safety plan was, her contacts are '
  'called, the care team is, or the emergency services are named at once.';
comment on type public.safety_contact_state is
  'listed: she has put somebody down, who was not asked. invited: asked to link an account. confirmed: has accepted. '
  'withdrawn: has refused, withdrawn, or has no account any more; nothing of the person is kept.';
comment on type public.contact_method is 'How somebody is reached; app: a message in this app, for whoever has confirmed.';
comment on type public.contact_reason is 'Why somebody was to be reached; trial: to see that the number is right.';
comment on type public.contact_initiator is 'Who began it: a worker, she herself, or staff.';
comment on type private.staff_role is 'care_team handles crisis events; admin may do so too.';

-- crisis_events ---------------------------------------------------------------

create table public.crisis_events (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid() references public.users on delete cascade,
  level             public.crisis_level    not null,
  source            public.crisis_source   not null,
  detector          text,
  confidence        double precision,
  flags             public.crisis_flag[]   not null default '{}',
  conversation_id   uuid,
  message_id        uuid,
  escalation_path   public.escalation_path not null,
  response_template text,
  response_given    text,
  resources_offered text[]      not null default '{}',
  status            public.crisis_status   not null default 'open',
  handled_at        timestamptz,
  handled_by        uuid,
  handled_note      text,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint crisis_events_owner_key unique (id, user_id),
  constraint crisis_events_conversation_fkey foreign key (conversation_id, user_id)
    references public.conversations (id, user_id) on delete set null (conversation_id),
  constraint crisis_events_message_fkey foreign key (message_id, user_id)
    references public.messages (id, user_id) on delete set null (message_id),
  constraint crisis_events_level_is_above_none check (level > 'none'),
  constraint crisis_events_detector_is_at_most_100_characters check (length(detector) <= 100),
  constraint crisis_events_confidence_is_from_0_to_1 check (confidence between 0 and 1),
  constraint crisis_events_flags_are_at_most_10 check (cardinality(flags) <= 10),
  constraint crisis_events_response_template_is_at_most_100_characters check (length(response_template) <= 100),
  constraint crisis_events_response_given_is_at_most_8000_characters check (length(response_given) <= 8000),
  constraint crisis_events_resources_offered_are_at_most_20
    check (cardinality(resources_offered) <= 20 and octet_length(resources_offered::text) <= 8000),
  constraint crisis_events_handled_ones_say_when check ((status = 'handled') = (handled_at is not null)),
  constraint crisis_events_handled_note_is_at_most_2000_characters check (length(handled_note) <= 2000),
  constraint crisis_events_open_ones_were_handled_by_nobody
    check (status = 'handled' or (handled_by is null and handled_note is null))
);

comment on table  public.crisis_events is
  'That somebody may be in danger, how it was noticed, and what was done. It holds no word of hers.';
comment on column public.crisis_events.detector is 'Which rule, model or form, and its version; null when it was a person.';
comment on column public.crisis_events.confidence is 'From 0 to 1, the detector''s own; null when it gives none.';
comment on column public.crisis_events.flags is 'What kinds of danger; empty when only the level is known.';
comment on column public.crisis_events.conversation_id is 'Where it was noticed; null outside of conversations, or when that is deleted.';
comment on column public.crisis_events.message_id is 'The message of hers that it was noticed in; null without one, or when that is deleted.';
comment on column public.crisis_events.escalation_path is 'How far help was called; unless said otherwise, as the level demands.';
comment on column public.crisis_events.response_template is 'Which text she was answered with, by its name and version; null before she was.';
comment on column public.crisis_events.response_given is 'That text as she read it; null before.';
comment on column public.crisis_events.resources_offered is 'The helplines and places that she was shown, each as she read it.';
comment on column public.crisis_events.handled_by is
  'Who of the staff; no foreign key, for it outlives that account. Null for what was handled in the dashboard.';
comment on column public.crisis_events.handled_note is 'What was done. She may read it.';

-- Hers, newest first; of a conversation; of a message.
create index crisis_events_by_creation_idx     on public.crisis_events (user_id, created_at desc, id desc);
create index crisis_events_by_conversation_idx on public.crisis_events (user_id, conversation_id);
create index crisis_events_by_message_idx      on public.crisis_events (user_id, message_id);
-- The care team's two lists, over all people.
create index crisis_events_by_age_idx      on public.crisis_events (created_at desc);
create index crisis_events_open_by_age_idx on public.crisis_events (created_at desc) where status = 'open';

create function private.crisis_events_change() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  demanded constant public.escalation_path := case new.level
    when 'low'      then 'resources'
    when 'moderate' then 'safety_plan'
    when 'high'     then 'care_team'
    else                 'emergency_services'
  end;
begin
  if tg_op = 'INSERT' then
    new.escalation_path := coalesce(new.escalation_path, demanded);
    return new;
  end if;
  if new.level < old.level or new.escalation_path < old.escalation_path then
    raise exception using errcode = 'CA409', message = 'A crisis event can become graver, not lighter.';
  end if;
  if new.level > old.level then
    new.escalation_path := greatest(new.escalation_path, demanded);
  end if;
  if old.status = 'handled' and (
    new.status <> 'handled'
    or (new.level, new.handled_at, new.handled_by, new.handled_note)
       is distinct from (old.level, old.handled_at, old.handled_by, old.handled_note)
  ) then
    raise exception using errcode = 'CA409', message = 'A crisis event that is handled stays as it was.';
  end if;
  if new.status = 'handled' and old.status = 'open' then
    new.handled_at := now();
    new.handled_by := auth.uid();
  end if;
  return new;
end
$$;
comment on function private.crisis_events_change is
  'Before a write: the level chooses how far help is called; neither goes back, and handling says when and who.';
create trigger t100_crisis_events_change before insert or update on public.crisis_events
  for each row execute function private.crisis_events_change();

create function private.crisis_events_raise() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update public.conversations as conversation
  set crisis_level = new.level,
      updated_at   = now()
  where conversation.id = new.conversation_id
    and conversation.user_id = new.user_id
    and conversation.crisis_level < new.level;
  update public.profiles as profile
  set current_crisis_level = new.level
  where profile.user_id = new.user_id and profile.current_crisis_level < new.level;
  return null;
end
$$;
comment on function private.crisis_events_raise is
  'After a write: raise the level of the conversation and of the person. Lowering it is the server''s, with reason.';
create trigger t500_crisis_events_raise after insert or update of level on public.crisis_events
  for each row execute function private.crisis_events_raise();
create trigger t900_crisis_events_touch before update on public.crisis_events
  for each row execute function private.touch_updated_at();

alter table public.crisis_events enable row level security;
alter table public.crisis_events force row level security;
create policy owner_select on public.crisis_events for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.crisis_events for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.crisis_events for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.crisis_events for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- She reads them; they go with her account, and not before. Handling is the care team's, see below.
grant select on public.crisis_events to authenticated;
grant
  insert (
    id, level, source, detector, confidence, flags, conversation_id, message_id, escalation_path, response_template,
    response_given, resources_offered
  ),
  update (level, detector, confidence, flags, escalation_path, response_template, response_given, resources_offered)
  on public.crisis_events to cairn_server;

create constraint trigger t900_crisis_events_live after insert or update or delete on public.crisis_events
  deferrable initially deferred
  for each row execute function private.live_record();

-- safety_contacts -------------------------------------------------------------

create table public.safety_contacts (
  id                      uuid        primary key default private.uuid_v7(),
  user_id                 uuid        not null default auth.uid() references public.users on delete cascade,
  state                   public.safety_contact_state not null default 'listed',
  contact_user_id         uuid        references public.users on delete set null,
  external_first_name     text,
  external_last_name      text,
  external_phone_number   text,
  external_email          text,
  priority_order          integer     not null,
  allowed_methods         public.contact_method[] not null default '{}',
  preferred_method        public.contact_method,
  relationship_type       text,
  notes                   text,
  preferred_contact_time  text,
  timezone                text        not null default 'UTC',
  is_active               boolean     not null default true,
  is_emergency_contact    boolean     not null default false,
  invitation_token_hash   text,
  invitation_expires_at   timestamptz,
  confirmed_at            timestamptz,
  withdrawn_at            timestamptz,
  last_contacted_at       timestamptz,
  last_contact_method     public.contact_method,
  last_contact_successful boolean,
  custom_metadata         jsonb       not null default '{}',
  version                 integer     not null default 1,
  created_at              timestamptz not null default now(),
  updated_at              timestamptz not null default now(),

  constraint safety_contacts_owner_key unique (id, user_id),
  -- Checked at the end of a statement, so that one may change the whole order.
  constraint safety_contacts_priority_key unique (user_id, priority_order) deferrable initially immediate,
  constraint safety_contacts_contact_key unique (user_id, contact_user_id),
  -- Of all people: it finds the invitation. Only invite_safety_contact writes it.
  constraint safety_contacts_invitation_key unique (invitation_token_hash),
  constraint safety_contacts_priority_is_from_1_to_1000 check (priority_order between 1 and 1000),
  constraint safety_contacts_nobody_is_her_own_contact check (contact_user_id <> user_id),
  constraint safety_contacts_confirmed_ones_and_no_others_are_linked
    check ((state = 'confirmed') = (contact_user_id is not null)),
  constraint safety_contacts_invited_ones_and_no_others_have_an_invitation
    check ((state = 'invited') = (invitation_token_hash is not null)
           and (state = 'invited') = (invitation_expires_at is not null)),
  constraint safety_contacts_have_a_name_until_they_withdraw
    check (state = 'withdrawn' or coalesce(external_first_name ~ '\S', false)),
  constraint safety_contacts_allow_what_they_prefer_until_they_withdraw
    check (state = 'withdrawn' or coalesce(preferred_method = any (allowed_methods), false)),
  constraint safety_contacts_to_be_phoned_have_a_number
    check (external_phone_number is not null or not (allowed_methods && '{sms,call}')),
  constraint safety_contacts_to_be_written_to_have_an_address
    check (external_email is not null or not (allowed_methods && '{email}')),
  constraint safety_contacts_withdrawn_ones_are_empty
    check (
      state <> 'withdrawn'
      or (
        num_nonnulls(
          external_first_name, external_last_name, external_phone_number, external_email, preferred_method,
          relationship_type, notes, preferred_contact_time, confirmed_at, last_contacted_at, last_contact_method,
          last_contact_successful
        ) = 0
        and allowed_methods = '{}' and custom_metadata = '{}' and timezone = 'UTC'
        and not is_active and not is_emergency_contact and withdrawn_at is not null
      )
    ),
  constraint safety_contacts_names_are_at_most_100_characters
    check (length(external_first_name) <= 100 and coalesce(length(external_last_name) <= 100, true)),
  constraint safety_contacts_phone_number_is_international check (external_phone_number ~ '^\+[1-9][0-9]{6,14}$'),
  constraint safety_contacts_email_is_an_address
    check (external_email ~ '^[^@\s]+@[^@\s]+$' and length(external_email) <= 254),
  constraint safety_contacts_allowed_methods_are_at_most_4 check (cardinality(allowed_methods) <= 4),
  constraint safety_contacts_relationship_type_is_at_most_60_characters check (length(relationship_type) <= 60),
  constraint safety_contacts_notes_are_at_most_2000_characters check (length(notes) <= 2000),
  constraint safety_contacts_contact_time_is_at_most_100_characters check (length(preferred_contact_time) <= 100),
  constraint safety_contacts_custom_metadata_is_an_object_of_at_most_4_kb
    check (jsonb_typeof(custom_metadata) = 'object' and octet_length(custom_metadata::text) <= 4096)
);

comment on table  public.safety_contacts is 'Whom she trusts to be called when she is in danger, in the order in which to try.';
comment on column public.safety_contacts.contact_user_id is 'The contact''s own account; set by accepting, and never by her.';
comment on column public.safety_contacts.external_first_name is 'What she calls the person; also of whoever has an account.';
comment on column public.safety_contacts.external_phone_number is 'In E.164, such as +33123456789.';
comment on column public.safety_contacts.priority_order is 'Who is tried first has 1; a new one comes last, unless said otherwise.';
comment on column public.safety_contacts.allowed_methods is
  'How the contact may be reached. `app` counts once the contact has confirmed, and is no way before.';
comment on column public.safety_contacts.preferred_method is 'The one of these to try first.';
comment on column public.safety_contacts.relationship_type is 'What they are to each other, in her own words.';
comment on column public.safety_contacts.preferred_contact_time is 'In her own words, such as `after six`; null: any time.';
comment on column public.safety_contacts.timezone is 'The contact''s clock: a name of the IANA time zone database.';
comment on column public.safety_contacts.is_active is 'False: kept, and not called.';
comment on column public.safety_contacts.is_emergency_contact is 'May also be given to the emergency services.';
comment on column public.safety_contacts.invitation_token_hash is 'sha256 of the secret in the invitation; null unless one is open.';
comment on column public.safety_contacts.invitation_expires_at is 'Until when the invitation can be accepted.';
comment on column public.safety_contacts.last_contacted_at is 'Kept by contact_logs, as are the two that follow; null before.';
comment on column public.safety_contacts.custom_metadata is 'What her app keeps with it: a JSON object of at most 4 kB.';

-- For whom she is a contact herself, and when her account goes.
create index safety_contacts_by_contact_idx on public.safety_contacts (contact_user_id);

create function private.safety_contacts_change() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    if new.priority_order is null then
      select coalesce(max(other.priority_order), 0) + 1 into new.priority_order
      from public.safety_contacts as other
      where other.user_id = new.user_id;
    end if;
    return new;
  end if;
  -- The contact's account is gone: the foreign key has just taken it off.
  if old.state = 'confirmed' and new.contact_user_id is null then
    new.state := 'withdrawn';
  end if;
  if new.state = old.state then
    return new;
  end if;
  if not (
    case old.state
      when 'listed'    then new.state in ('invited', 'withdrawn')
      when 'invited'   then new.state in ('confirmed', 'withdrawn')
      when 'confirmed' then new.state = 'withdrawn'
      else false
    end
  ) then
    raise exception using errcode = 'CA409',
      message = format('A contact who is %s cannot become %s.', old.state, new.state);
  end if;
  if new.state <> 'invited' then
    new.invitation_token_hash := null;
    new.invitation_expires_at := null;
  end if;
  if new.state = 'confirmed' then
    new.confirmed_at := now();
  elsif new.state = 'withdrawn' then
    new.withdrawn_at            := now();
    new.contact_user_id         := null;
    new.external_first_name     := null;
    new.external_last_name      := null;
    new.external_phone_number   := null;
    new.external_email          := null;
    new.allowed_methods         := '{}';
    new.preferred_method        := null;
    new.relationship_type       := null;
    new.notes                   := null;
    new.preferred_contact_time  := null;
    new.timezone                := 'UTC';
    new.is_active               := false;
    new.is_emergency_contact    := false;
    new.confirmed_at            := null;
    new.last_contacted_at       := null;
    new.last_contact_method     := null;
    new.last_contact_successful := null;
    new.custom_metadata         := '{}';
  end if;
  return new;
end
$$;
comment on function private.safety_contacts_change is
  'Before a write: a new contact comes last; a state goes only forward, and whoever withdraws leaves nothing of himself.';
-- Whom to call and what helps in danger, no AI agent decides.
create trigger t060_safety_contacts_only_herself before insert or update or delete on public.safety_contacts
  for each row when (private.actor() like 'agent:%') execute function private.only_herself();
create trigger t100_safety_contacts_change before insert or update on public.safety_contacts
  for each row execute function private.safety_contacts_change();
create trigger t110_safety_contacts_time_zone before insert or update of timezone on public.safety_contacts
  for each row execute function private.check_time_zone();
create trigger t900_safety_contacts_version before update on public.safety_contacts
  for each row execute function private.count_version();

alter table public.safety_contacts enable row level security;
alter table public.safety_contacts force row level security;
create policy owner_select on public.safety_contacts for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.safety_contacts for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.safety_contacts for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.safety_contacts for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, external_first_name, external_last_name, external_phone_number, external_email, priority_order,
    allowed_methods, preferred_method, relationship_type, notes, preferred_contact_time, timezone, is_active,
    is_emergency_contact, custom_metadata
  ),
  update (
    external_first_name, external_last_name, external_phone_number, external_email, priority_order,
    allowed_methods, preferred_method, relationship_type, notes, preferred_contact_time, timezone, is_active,
    is_emergency_contact, custom_metadata
  ),
  delete
  on public.safety_contacts to authenticated;
-- For a contact without an account, who has asked not to be called.
grant update (state) on public.safety_contacts to cairn_server;

create constraint trigger t900_safety_contacts_live after insert or update or delete on public.safety_contacts
  deferrable initially deferred
  for each row execute function private.live_record();

-- contact_logs ----------------------------------------------------------------

create table public.contact_logs (
  id                    uuid        primary key default private.uuid_v7(),
  user_id               uuid        not null default auth.uid() references public.users on delete cascade,
  safety_contact_id     uuid,
  crisis_event_id       uuid,
  attempted_at          timestamptz not null default now(),
  contact_method        public.contact_method    not null,
  success               boolean     not null,
  reason                public.contact_reason    not null,
  initiated_by          public.contact_initiator not null,
  message_template      text,
  error_code            text,
  response_received     boolean     not null default false,
  response_time_minutes integer,
  response_summary      text,
  contact_metadata      jsonb       not null default '{}',
  created_at            timestamptz not null default now(),
  updated_at            timestamptz not null default now(),

  constraint contact_logs_safety_contact_fkey foreign key (safety_contact_id, user_id)
    references public.safety_contacts (id, user_id) on delete set null (safety_contact_id),
  constraint contact_logs_crisis_event_fkey foreign key (crisis_event_id, user_id)
    references public.crisis_events (id, user_id) on delete set null (crisis_event_id),
  constraint contact_logs_message_template_is_at_most_100_characters check (length(message_template) <= 100),
  constraint contact_logs_error_code_is_a_short_word check (error_code ~ '^[a-z][a-z0-9_]{0,39}$'),
  constraint contact_logs_only_failed_ones_have_an_error_code check (not success or error_code is null),
  constraint contact_logs_response_time_minutes_is_not_negative check (response_time_minutes >= 0),
  constraint contact_logs_response_summary_is_at_most_1000_characters check (length(response_summary) <= 1000),
  constraint contact_logs_unanswered_ones_have_no_response
    check (response_received or (response_time_minutes is null and response_summary is null)),
  constraint contact_logs_contact_metadata_is_an_object_of_at_most_4_kb
    check (jsonb_typeof(contact_metadata) = 'object' and octet_length(contact_metadata::text) <= 4096)
);

comment on table  public.contact_logs is 'Each time that somebody was to be reached for her, and what came of it; never the words that were sent.';
comment on column public.contact_logs.safety_contact_id is 'Whom; null when the contact was deleted.';
comment on column public.contact_logs.crisis_event_id is 'What for; null when it was no crisis.';
comment on column public.contact_logs.success is 'The message went out, or the call was taken.';
comment on column public.contact_logs.message_template is 'Which text was sent, by its name and version.';
comment on column public.contact_logs.error_code is 'Why it failed: a code; null when it did not, or nobody knows.';
comment on column public.contact_logs.response_time_minutes is 'From the attempt to the answer.';
comment on column public.contact_logs.response_summary is 'What the contact answered, in a sentence; removed when the contact withdraws or is deleted.';
comment on column public.contact_logs.contact_metadata is 'What the service that sent it says of it, such as its number: a JSON object of at most 4 kB.';

-- Hers, newest first; of a contact; of an event.
create index contact_logs_by_attempt_idx      on public.contact_logs (user_id, attempted_at desc, id desc);
create index contact_logs_by_contact_idx      on public.contact_logs (user_id, safety_contact_id);
create index contact_logs_by_crisis_event_idx on public.contact_logs (user_id, crisis_event_id);

create function private.contact_logs_check_method() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if not exists (
    select from public.safety_contacts as contact
    where contact.id = new.safety_contact_id
      and contact.user_id = new.user_id
      and contact.is_active
      and new.contact_method = any (contact.allowed_methods)
      and (new.contact_method <> 'app' or contact.state = 'confirmed')
  ) then
    raise exception using errcode = 'CA409', message = 'This contact may not be reached in this way.';
  end if;
  return new;
end
$$;
comment on function private.contact_logs_check_method is
  'Before insert: only a way that she has allowed. The attempt is written down first, then made.';
create trigger t100_contact_logs_check_method before insert on public.contact_logs
  for each row execute function private.contact_logs_check_method();

create function private.contact_logs_note_contact() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update public.safety_contacts as contact
  set last_contacted_at       = new.attempted_at,
      last_contact_method     = new.contact_method,
      last_contact_successful = new.success
  where contact.id = new.safety_contact_id
    and contact.user_id = new.user_id
    and contact.state <> 'withdrawn'
    and coalesce(contact.last_contacted_at <= new.attempted_at, true);
  return null;
end
$$;
create trigger t500_contact_logs_note_contact after insert on public.contact_logs
  for each row execute function private.contact_logs_note_contact();
create trigger t500_contact_logs_note_outcome after update of success on public.contact_logs
  for each row execute function private.contact_logs_note_contact();
create trigger t900_contact_logs_touch before update on public.contact_logs
  for each row execute function private.touch_updated_at();

create function private.contact_logs_keep_forgotten() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  perform from public.safety_contacts as contact
  where contact.id = new.safety_contact_id and contact.user_id = new.user_id and contact.state <> 'withdrawn'
  for share;
  if not found then
    new.response_summary := null;
    new.contact_metadata := '{}';
  end if;
  return new;
end
$$;
comment on function private.contact_logs_keep_forgotten is
  'Before a write: of a contact who has withdrawn or was deleted, nothing more is written down.';
create trigger t110_contact_logs_keep_forgotten before insert or update of response_summary, contact_metadata
  on public.contact_logs
  for each row when (new.response_summary is not null or new.contact_metadata <> '{}')
  execute function private.contact_logs_keep_forgotten();

alter table public.contact_logs enable row level security;
alter table public.contact_logs force row level security;
create policy owner_select on public.contact_logs for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.contact_logs for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.contact_logs for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.contact_logs for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- Added to, never rewritten: only the outcome comes later.
grant select on public.contact_logs to authenticated;
grant
  insert (
    id, safety_contact_id, crisis_event_id, attempted_at, contact_method, success, reason, initiated_by,
    message_template, error_code, response_received, response_time_minutes, response_summary, contact_metadata
  ),
  update (success, error_code, response_received, response_time_minutes, response_summary)
  on public.contact_logs to cairn_server;

create function private.safety_contacts_forget() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update public.contact_logs as line
  set response_summary = null,
      contact_metadata = '{}'
  where line.user_id = old.user_id and line.safety_contact_id = old.id;
  return case when tg_op = 'DELETE' then old else new end;
end
$$;
comment on function private.safety_contacts_forget is
  'When a contact withdraws or is deleted: what the log knows of the person goes, that she was helped stays.';
create trigger t500_safety_contacts_forget before delete on public.safety_contacts
  for each row execute function private.safety_contacts_forget();
create trigger t500_safety_contacts_forget_withdrawn after update on public.safety_contacts
  for each row when (new.state = 'withdrawn' and old.state <> 'withdrawn')
  execute function private.safety_contacts_forget();

create function private.next_safety_contact(crisis_event_id uuid) returns setof public.safety_contacts
  language sql stable set search_path = ''
as $$
  select contact.*
  from public.safety_contacts as contact
  where contact.user_id = (select auth.uid())
    and contact.is_active
    and contact.state <> 'withdrawn'
    and (contact.state = 'confirmed' or contact.allowed_methods && '{sms,call,email}')
    and not exists (
      select from public.contact_logs as line
      where line.user_id = contact.user_id
        and line.crisis_event_id = next_safety_contact.crisis_event_id
        and (line.safety_contact_id = contact.id or line.response_received)
    )
  order by contact.priority_order
  limit 1
$$;
comment on function private.next_safety_contact is
  'Whom to try next in this crisis: the first who can be reached and was not tried; none once somebody has answered.';
grant execute on function private.next_safety_contact to cairn_server;

-- Inviting, accepting, withdrawing --------------------------------------------

create function public.reorder_safety_contacts(contact_ids uuid[]) returns setof public.safety_contacts
  language plpgsql volatile set search_path = ''
as $$
begin
  if (
    select count(*) <> cardinality(contact_ids) or count(*) <> count(place.number)
    from public.safety_contacts as contact
    left join unnest(contact_ids) with ordinality as place (id, number) on place.id = contact.id
    where contact.user_id = (select auth.uid())
  ) then
    raise exception using errcode = 'CA400', message = 'Name each of your contacts once.';
  end if;
  return query
    update public.safety_contacts as contact
    set priority_order = place.number
    from unnest(contact_ids) with ordinality as place (id, number)
    where contact.id = place.id and contact.user_id = (select auth.uid())
    returning contact.*;
end
$$;
comment on function public.reorder_safety_contacts is 'Put all of the caller''s contacts into this order. CA400 unless each is named once.';
grant execute on function public.reorder_safety_contacts to authenticated;

create function public.invite_safety_contact(contact_id uuid) returns text
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  viewer constant uuid := (select auth.uid());
  token  constant text := private.new_token();
  contact public.safety_contacts;
begin
  select * into contact
  from public.safety_contacts as known
  where known.id = contact_id and known.user_id = viewer
  for no key update;
  if not found then
    raise exception using errcode = 'CA404', message = 'There is no such contact, or it is not yours.';
  end if;
  if contact.state not in ('listed', 'invited') then
    raise exception using errcode = 'CA409',
      message = format('A contact who is %s cannot be invited.', contact.state);
  end if;
  update public.safety_contacts as known
  set state                 = 'invited',
      invitation_token_hash = private.token_hash(token),
      invitation_expires_at = now() + interval '14 days'
  where known.id = contact_id;
  return token;
end
$$;
comment on function public.invite_safety_contact is
  'A secret to give to one of the caller''s contacts, who accepts with it; good for 14 days, shown once. An earlier one '
  'no longer works. CA409 when the contact has confirmed or withdrawn, CA404 when it is missing or another''s.';
grant execute on function public.invite_safety_contact to authenticated;

create function private.contact_of_invitation(token text) returns public.safety_contacts
  language plpgsql volatile set search_path = ''
as $$
declare
  contact public.safety_contacts;
begin
  if (select auth.uid()) is null then
    raise exception using errcode = 'CA401', message = 'Sign in first.';
  end if;
  select * into contact
  from public.safety_contacts as known
  where known.invitation_token_hash = private.token_hash(token)
    and known.invitation_expires_at > now()
    and known.user_id <> (select auth.uid())
  for no key update;
  if not found then
    raise exception using errcode = 'CA404', message = 'This invitation is not valid, or no longer.';
  end if;
  return contact;
end
$$;
comment on function private.contact_of_invitation is
  'The contact that an invitation of somebody else is about, locked; CA404 when there is none. For the functions below.';

create function public.accept_contact_invitation(token text) returns uuid
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  viewer  constant uuid := (select auth.uid());
  contact constant public.safety_contacts := private.contact_of_invitation(token);
begin
  update public.safety_contacts as known
  set state = 'confirmed', contact_user_id = viewer
  where known.id = contact.id;
  return contact.id;
exception when unique_violation then
  raise exception using errcode = 'CA409', message = 'You are a contact of this person already.';
end
$$;
comment on function public.accept_contact_invitation is
  'Become somebody''s safety contact, by the secret of the invitation; gives the id under which my_contact_roles lists '
  'it. CA409 when the caller is one of hers already, CA404 when the invitation is not valid.';
grant execute on function public.accept_contact_invitation to authenticated;

create function public.decline_contact_invitation(token text) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  contact constant public.safety_contacts := private.contact_of_invitation(token);
begin
  update public.safety_contacts as known set state = 'withdrawn' where known.id = contact.id;
end
$$;
comment on function public.decline_contact_invitation is
  'Say no to an invitation; what its sender wrote of the caller is removed. CA404 when the invitation is not valid.';
grant execute on function public.decline_contact_invitation to authenticated;

create function public.withdraw_as_contact(contact_id uuid) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  update public.safety_contacts as contact
  set state = 'withdrawn'
  where contact.id = contact_id and contact.contact_user_id = (select auth.uid());
  if not found then
    raise exception using errcode = 'CA404', message = 'You are no such contact.';
  end if;
end
$$;
comment on function public.withdraw_as_contact is
  'Be somebody''s safety contact no longer; everything of the caller in that row is removed. CA404 when she is none.';
grant execute on function public.withdraw_as_contact to authenticated;

create function public.my_contact_roles() returns table (contact_id uuid, owner_name text, confirmed_at timestamptz)
  language sql stable security definer set search_path = ''
as $$
  select contact.id, person.display_name, contact.confirmed_at
  from public.safety_contacts as contact
  join public.users as person on person.id = contact.user_id
  where contact.contact_user_id = (select auth.uid())
  order by contact.confirmed_at
$$;
comment on function public.my_contact_roles is
  'For whom the caller is a safety contact: the id to withdraw by, and the name that the other shows; nothing else.';
grant execute on function public.my_contact_roles to authenticated;

-- safety_plans ----------------------------------------------------------------

create table public.safety_plans (
  id                            uuid        primary key default private.uuid_v7(),
  user_id                       uuid        not null default auth.uid() references public.users on delete cascade,
  is_active                     boolean     not null default true,
  warning_signs                 text[]      not null default '{}',
  coping_alone                  text[]      not null default '{}',
  distracting_people_and_places text[]      not null default '{}',
  people_to_ask                 text[]      not null default '{}',
  professionals                 text[]      not null default '{}',
  making_environment_safe       text[]      not null default '{}',
  reasons_for_living            text[]      not null default '{}',
  notes                         text,
  reviewed_at                   timestamptz,
  version                       integer     not null default 1,
  created_at                    timestamptz not null default now(),
  updated_at                    timestamptz not null default now(),

  constraint safety_plans_each_step_has_at_most_20_lines
    check (
      greatest(
        cardinality(warning_signs), cardinality(coping_alone), cardinality(distracting_people_and_places),
        cardinality(people_to_ask), cardinality(professionals), cardinality(making_environment_safe),
        cardinality(reasons_for_living)
      ) <= 20
    ),
  constraint safety_plans_each_step_has_at_most_8000_bytes
    check (
      greatest(
        octet_length(warning_signs::text), octet_length(coping_alone::text),
        octet_length(distracting_people_and_places::text), octet_length(people_to_ask::text),
        octet_length(professionals::text), octet_length(making_environment_safe::text),
        octet_length(reasons_for_living::text)
      ) <= 8000
    ),
  constraint safety_plans_notes_are_at_most_4000_characters check (length(notes) <= 4000)
);

comment on table  public.safety_plans is
  'What she has planned to do when it gets dangerous, in the six steps of Stanley and Brown, and why she wants to live.';
comment on column public.safety_plans.is_active is 'The one to show; she has one at most, and keeps earlier ones as she likes.';
comment on column public.safety_plans.warning_signs is 'Step 1: by what she notices that a crisis begins.';
comment on column public.safety_plans.coping_alone is 'Step 2: what she can do by herself, without anybody.';
comment on column public.safety_plans.distracting_people_and_places is 'Step 3: people and places that take her mind off it.';
comment on column public.safety_plans.people_to_ask is 'Step 4: whom she can ask for help; whom the app may call is in safety_contacts.';
comment on column public.safety_plans.professionals is 'Step 5: professionals and helplines, with their numbers.';
comment on column public.safety_plans.making_environment_safe is 'Step 6: what to put out of reach, and who helps with it.';
comment on column public.safety_plans.reasons_for_living is 'What is worth living for, to be read last.';
comment on column public.safety_plans.reviewed_at is 'When she last went through it, with or without a change; null before.';

-- The latest first, and the one that is shown.
create index safety_plans_by_change_idx on public.safety_plans (user_id, updated_at desc, id desc);
create unique index safety_plans_one_active_key on public.safety_plans (user_id) where is_active;

-- Whom to call and what helps in danger, no AI agent decides.
create trigger t060_safety_plans_only_herself before insert or update or delete on public.safety_plans
  for each row when (private.actor() like 'agent:%') execute function private.only_herself();
create trigger t900_safety_plans_version before update on public.safety_plans
  for each row execute function private.count_version();

alter table public.safety_plans enable row level security;
alter table public.safety_plans force row level security;
create policy owner_select on public.safety_plans for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.safety_plans for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.safety_plans for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.safety_plans for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, is_active, warning_signs, coping_alone, distracting_people_and_places, people_to_ask, professionals,
    making_environment_safe, reasons_for_living, notes, reviewed_at
  ),
  update (
    is_active, warning_signs, coping_alone, distracting_people_and_places, people_to_ask, professionals,
    making_environment_safe, reasons_for_living, notes, reviewed_at
  ),
  delete
  on public.safety_plans to authenticated;

create constraint trigger t900_safety_plans_live after insert or update or delete on public.safety_plans
  deferrable initially deferred
  for each row execute function private.live_record();

-- private.staff_members -------------------------------------------------------

create table private.staff_members (
  user_id    uuid        primary key references public.users on delete cascade,
  role       private.staff_role not null,
  is_active  boolean     not null default true,
  added_by   text        not null default session_user,
  note       text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),

  constraint staff_members_note_is_at_most_500_characters check (length(note) <= 500)
);

comment on table  private.staff_members is 'Who may handle crisis events. Written in the dashboard only, never by the API.';
comment on column private.staff_members.is_active is 'False takes the right away at once.';
comment on column private.staff_members.added_by is 'The login that added the row.';

create trigger t900_staff_members_touch before update on private.staff_members
  for each row execute function private.touch_updated_at();

alter table private.staff_members enable row level security;
alter table private.staff_members force row level security;

create function private.is_care_team() returns boolean
  language sql stable security definer set search_path = ''
as $$
  select exists (
    select
    from private.staff_members as member
    join public.users as person on person.id = member.user_id
    where member.user_id = (select auth.uid())
      and member.role in ('care_team', 'admin')
      and member.is_active
      and person.is_active
      and person.deleted_at is null
      -- A second factor, and she herself: no agent and no worker in her name.
      and nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'aal' = 'aal2'
      and private.actor() is null
  )
$$;
comment on function private.is_care_team is
  'Is the caller of the care team, and signed in with a second factor? For the functions below.';

-- For the care team -----------------------------------------------------------

create function public.list_crisis_events(
  only_open boolean default true, before timestamptz default null, max integer default 50
) returns table (
  id uuid, user_id uuid, level public.crisis_level, source public.crisis_source, flags public.crisis_flag[],
  escalation_path public.escalation_path, response_template text, resources_offered text[],
  status public.crisis_status, created_at timestamptz, handled_at timestamptz, handled_by uuid, handled_note text
)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  page uuid[];
begin
  if not private.is_care_team() then
    raise exception using errcode = 'insufficient_privilege', message = 'Only the care team may do this.';
  end if;
  if coalesce(max not between 1 and 100, true) then
    raise exception using errcode = 'CA400', message = 'Ask for 1 to 100 events at a time.';
  end if;

  page := array(
    select event.id
    from public.crisis_events as event
    where (event.status = 'open' or not only_open)
      and (before is null or event.created_at < before)
    order by event.created_at desc
    -- So that the last moment is the cursor of the next page.
    fetch first (max) rows with ties
  );
  -- Of the chapter on audit. Written before anything is read out.
  perform private.append_audit(listed.user_id, 'crisis_events.list', 'access', 'notice')
  from (select distinct event.user_id from public.crisis_events as event where event.id = any (page)) as listed;
  return query
    select
      event.id, event.user_id, event.level, event.source, event.flags, event.escalation_path,
      event.response_template, event.resources_offered, event.status, event.created_at, event.handled_at,
      event.handled_by, event.handled_note
    from public.crisis_events as event
    where event.id = any (page)
    order by event.created_at desc, event.id desc;
end
$$;
comment on function public.list_crisis_events is
  'Everybody''s crisis events for the care team, newest first: those that are open, or all, of before a moment, so many '
  'or a few more that came in the same moment. No word of anybody''s is among them. Each person listed finds it in her '
  'access log. 42501 for all others.';
grant execute on function public.list_crisis_events to authenticated;

create function public.handle_crisis_event(event_id uuid, note text) returns timestamptz
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  event public.crisis_events;
begin
  if not private.is_care_team() then
    raise exception using errcode = 'insufficient_privilege', message = 'Only the care team may do this.';
  end if;
  if coalesce(note !~ '\S', true) then
    raise exception using errcode = 'CA400', message = 'Say what was done.';
  end if;

  select * into event from public.crisis_events as known where known.id = event_id for no key update;
  if not found then
    raise exception using errcode = 'CA404', message = 'There is no such crisis event.';
  end if;
  if event.status = 'handled' then
    raise exception using errcode = 'CA409', message = 'This crisis event has been handled already.';
  end if;
  perform private.append_audit(
    event.user_id, 'crisis_events.handle', 'access', 'notice', jsonb_build_object('row_id', event_id)
  );
  update public.crisis_events as known
  set status = 'handled', handled_note = note
  where known.id = event_id
  returning known.* into event;
  return event.handled_at;
end
$$;
comment on function public.handle_crisis_event is
  'Mark a crisis event as handled by the caller, who is of the care team, with what was done; she may read it. 42501 '
  'for all others, CA409 when it has been handled, CA404 when there is none.';
grant execute on function public.handle_crisis_event to authenticated;
