-- Continuity: where a conversation stopped, so that the next one need not begin from nothing; and
-- what she says of how it went, with what was done about it.

set lock_timeout = '5s';
set statement_timeout = '60s';

create type public.feedback_kind as enum ('helpful', 'unhelpful', 'harmful', 'wrong', 'other');
create type public.feedback_target as enum ('app', 'conversation', 'message');
create type public.feedback_status as enum ('received', 'reviewed', 'acted');

comment on type public.feedback_kind is
  'What she found: it helped, it did not, it hurt, it was not true, or something else that her comment says.';
comment on type public.feedback_target is 'What feedback is about.';
comment on type public.feedback_status is 'How far feedback has come, in this order: it arrived, somebody looked at it, something was done.';

-- user_conversation_continuity ------------------------------------------------

create table public.user_conversation_continuity (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid(),
  conversation_id   uuid        not null,
  last_topics       text[]      not null default '{}',
  open_points       text[]      not null default '{}',
  mood_at_end       text,
  suggested_opening text,
  through_turn      integer     not null,
  version           integer     not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint user_conversation_continuity_conversation_key unique (user_id, conversation_id),
  constraint user_conversation_continuity_conversation_fkey foreign key (conversation_id, user_id)
    references public.conversations (id, user_id) on delete cascade,
  constraint user_conversation_continuity_last_topics_are_at_most_20
    check (cardinality(last_topics) <= 20 and octet_length(last_topics::text) <= 4000
           and array_position(last_topics, null) is null),
  constraint user_conversation_continuity_open_points_are_at_most_20
    check (cardinality(open_points) <= 20 and octet_length(open_points::text) <= 16000
           and array_position(open_points, null) is null),
  constraint user_conversation_continuity_mood_has_1_to_80_characters check (length(mood_at_end) between 1 and 80),
  constraint user_conversation_continuity_opening_has_1_to_1000_characters
    check (length(suggested_opening) between 1 and 1000),
  constraint user_conversation_continuity_through_turn_is_not_negative check (through_turn >= 0)
);

comment on table  public.user_conversation_continuity is 'Where a conversation stopped, for the next one to go on from.';
comment on column public.user_conversation_continuity.last_topics is 'What it was about at the end.';
comment on column public.user_conversation_continuity.open_points is 'What was left for another time. She may strike some out, or add to them.';
comment on column public.user_conversation_continuity.mood_at_end is 'How she seemed when it stopped, in a word or two; null when that could not be told.';
comment on column public.user_conversation_continuity.suggested_opening is 'A first sentence for the next conversation; null for none.';
comment on column public.user_conversation_continuity.through_turn is 'The last turn that it knows of.';

create trigger t900_user_conversation_continuity_version before update on public.user_conversation_continuity
  for each row execute function private.count_version();
create constraint trigger t900_user_conversation_continuity_live
  after insert or update or delete on public.user_conversation_continuity
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_conversation_continuity enable row level security;
alter table public.user_conversation_continuity force row level security;
create policy owner_select on public.user_conversation_continuity for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_conversation_continuity for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_conversation_continuity for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_conversation_continuity for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- The companion writes it; what remains open, and whether anything of it is kept, is hers to say.
grant select, update (open_points), delete on public.user_conversation_continuity to authenticated;
grant
  insert (id, conversation_id, last_topics, open_points, mood_at_end, suggested_opening, through_turn),
  update (last_topics, mood_at_end, suggested_opening, through_turn)
  on public.user_conversation_continuity to cairn_server;

create function public.last_continuity() returns setof public.user_conversation_continuity
  language sql stable set search_path = ''
as $$
  select continuity.*
  from public.conversations as conversation
  join public.user_conversation_continuity as continuity
    on continuity.conversation_id = conversation.id and continuity.user_id = conversation.user_id
  where conversation.user_id = (select auth.uid())
  order by conversation.last_message_at desc, conversation.id desc
  limit 1
$$;
comment on function public.last_continuity is
  'Where the caller''s latest conversation stopped, of those of which that is known; no row when there is none.';
grant execute on function public.last_continuity to authenticated;

-- user_feedback ---------------------------------------------------------------

create table public.user_feedback (
  id              uuid        primary key default private.uuid_v7(),
  user_id         uuid        not null default auth.uid() references public.users on delete cascade,
  conversation_id uuid,
  message_id      uuid,
  target          public.feedback_target not null generated always as (
    case
      when message_id is not null      then 'message'::public.feedback_target
      when conversation_id is not null then 'conversation'::public.feedback_target
      else 'app'::public.feedback_target
    end
  ) stored,
  kind            public.feedback_kind not null,
  rating          smallint,
  comment         text,
  version         integer     not null default 1,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),

  constraint user_feedback_owner_key unique (id, user_id),
  -- Whoever thinks again changes what she said. Of the app she may say as much as she likes.
  constraint user_feedback_conversation_key unique (user_id, conversation_id),
  constraint user_feedback_message_key unique (user_id, message_id),
  constraint user_feedback_conversation_fkey foreign key (conversation_id, user_id)
    references public.conversations (id, user_id) on delete cascade,
  constraint user_feedback_message_fkey foreign key (message_id, user_id)
    references public.messages (id, user_id) on delete cascade,
  constraint user_feedback_is_about_one_thing check (num_nonnulls(conversation_id, message_id) <= 1),
  constraint user_feedback_rating_is_between_1_and_5 check (rating between 1 and 5),
  constraint user_feedback_comment_is_not_blank check (comment ~ '\S'),
  constraint user_feedback_comment_is_at_most_4000_characters check (length(comment) <= 4000)
);

comment on table  public.user_feedback is
  'What she says of a conversation, of one message, or of the app. It goes with what it is about.';
comment on column public.user_feedback.conversation_id is 'The conversation that it is about as a whole; null otherwise.';
comment on column public.user_feedback.message_id is 'The message that it is about; null otherwise.';
comment on column public.user_feedback.target is 'The app, when it names neither a conversation nor a message.';
comment on column public.user_feedback.rating is 'From 1 (poor) to 5 (very good); null when she gave none.';

-- Her list, newest first; and by kind, for the statistics.
create index user_feedback_by_creation_idx on public.user_feedback (user_id, created_at desc, id desc);
create index user_feedback_by_kind_idx     on public.user_feedback (user_id, kind, created_at desc, id desc);

create trigger t900_user_feedback_version before update on public.user_feedback
  for each row execute function private.count_version();
create constraint trigger t900_user_feedback_live after insert or update or delete on public.user_feedback
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_feedback enable row level security;
alter table public.user_feedback force row level security;
create policy owner_select on public.user_feedback for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_feedback for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_feedback for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_feedback for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant select, insert (id, conversation_id, message_id, kind, rating, comment), update (kind, rating, comment), delete
  on public.user_feedback to authenticated;

-- feedback_log ----------------------------------------------------------------

create table public.feedback_log (
  id              uuid        primary key default private.uuid_v7(),
  user_id         uuid        not null default auth.uid(),
  feedback_id     uuid        not null,
  status          public.feedback_status not null,
  note            text,
  crisis_event_id uuid,
  created_at      timestamptz not null default now(),

  constraint feedback_log_feedback_fkey foreign key (feedback_id, user_id)
    references public.user_feedback (id, user_id) on delete cascade,
  constraint feedback_log_note_is_not_blank check (note ~ '\S'),
  constraint feedback_log_note_is_at_most_2000_characters check (length(note) <= 2000)
);

comment on table  public.feedback_log is
  'What was done about feedback, one line after the other; the last one says where it stands. Lines are only added.';
comment on column public.feedback_log.note is 'What was found or done. She can read it.';
comment on column public.feedback_log.crisis_event_id is
  'The crisis event that was raised because of it; null when none was. No foreign key: crisis events come in a later chapter.';

-- The lines of one piece of feedback, in order; and her latest.
create index feedback_log_by_feedback_idx on public.feedback_log (user_id, feedback_id, created_at, id);
create index feedback_log_by_creation_idx on public.feedback_log (user_id, created_at desc, id desc);

create function private.feedback_log_goes_forward() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  latest public.feedback_status;
begin
  -- Two lines at once come one after the other.
  perform from public.user_feedback as feedback
  where feedback.id = new.feedback_id and feedback.user_id = new.user_id
  for no key update;
  select max(line.status) into latest
  from public.feedback_log as line
  where line.user_id = new.user_id and line.feedback_id = new.feedback_id;
  if new.status < latest then
    raise exception using errcode = 'CA409',
      message = format('Feedback that is %s cannot become %s.', latest, new.status);
  end if;
  return new;
end
$$;
comment on function private.feedback_log_goes_forward is 'Before insert: what was reviewed is not new again.';
create trigger t100_feedback_log_goes_forward before insert on public.feedback_log
  for each row execute function private.feedback_log_goes_forward();

create function private.user_feedback_is_received() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  -- Definer, for she may not write the log.
  insert into public.feedback_log (user_id, feedback_id, status) values (new.user_id, new.id, 'received');
  return null;
end
$$;
comment on function private.user_feedback_is_received is 'After insert: begin the log of this feedback.';
create trigger t500_user_feedback_is_received after insert on public.user_feedback
  for each row execute function private.user_feedback_is_received();

alter table public.feedback_log enable row level security;
alter table public.feedback_log force row level security;
create policy owner_select on public.feedback_log for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.feedback_log for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.feedback_log for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.feedback_log for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- Added to by the server, changed by nobody; it goes with the feedback.
grant select on public.feedback_log to authenticated;
grant insert (id, feedback_id, status, note, crisis_event_id) on public.feedback_log to cairn_server;

-- feedback_statistics ---------------------------------------------------------

create function public.feedback_statistics(since timestamptz default '-infinity')
  returns table (
    feedback_count bigint, helpful_count bigint, unhelpful_count bigint, harmful_count bigint, wrong_count bigint,
    other_count bigint, rated_count bigint, average_rating double precision, acted_count bigint,
    last_given_at timestamptz
  )
  language sql stable set search_path = ''
as $$
  select
    count(*),
    count(*) filter (where feedback.kind = 'helpful'),
    count(*) filter (where feedback.kind = 'unhelpful'),
    count(*) filter (where feedback.kind = 'harmful'),
    count(*) filter (where feedback.kind = 'wrong'),
    count(*) filter (where feedback.kind = 'other'),
    count(feedback.rating),
    avg(feedback.rating)::double precision,
    count(*) filter (where exists (
      select from public.feedback_log as line
      where line.user_id = feedback.user_id and line.feedback_id = feedback.id and line.status = 'acted'
    )),
    max(feedback.created_at)
  from public.user_feedback as feedback
  where feedback.user_id = (select auth.uid()) and feedback.created_at >= since
$$;
comment on function public.feedback_statistics is
  'The caller''s own feedback since a moment, counted: by kind, how much was rated and how well (null when nothing was), '
  'about how much something was done. One row.';
grant execute on function public.feedback_statistics to authenticated;
