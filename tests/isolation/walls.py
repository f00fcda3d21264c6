"""The walls that are broken, one at a time, to see that the proof would notice."""

from __future__ import annotations

from tests.isolation.sabotage import Sabotage

BOTH = "authenticated, cairn_server"
HERS = "user_id = (select auth.uid())"
MESSAGES, CONVERSATIONS = "public.messages", "public.conversations"
THREADS, SUMMARIES = "public.thread_mappings", "public.conversation_summaries"


def _policy(table: str, verb: str, rule: str, to: str = BOTH) -> tuple[str, str]:
    """Replace the policy of a verb."""
    return (
        f"drop policy owner_{verb} on {table}",
        f"create policy owner_{verb} on {table} for {verb} to {to} {rule}",
    )


def _plain_key(table: str, key: str, column: str, parent: str) -> tuple[str, str]:
    """Replace a foreign key that carries the owner by one that does not."""
    return (
        f"alter table {table} drop constraint {key}",
        f"alter table {table} add constraint {key} foreign key ({column}) references {parent} (id)"
        " on delete cascade",
    )


POLICIES = (
    Sabotage("a-table-has-no-policy-for-reading-but-an-open-one", MESSAGES,
             _policy(MESSAGES, "select", "using (true)")),
    Sabotage("who-updates-updates-everybodys", CONVERSATIONS,
             _policy(CONVERSATIONS, "update", f"using (true) with check ({HERS})")),
    Sabotage("who-updates-may-give-away", CONVERSATIONS,
             _policy(CONVERSATIONS, "update", f"using ({HERS}) with check (true)")),
    Sabotage("who-deletes-without-a-condition-deletes-everybodys", CONVERSATIONS,
             _policy(CONVERSATIONS, "delete", "using (true)")),
    Sabotage("who-inserts-may-insert-as-another", THREADS,
             _policy(THREADS, "insert", "with check (true)")),
    Sabotage("a-policy-compares-the-wrong-column", "public.live_events",
             _policy("public.live_events", "select", "using (user_id is not null and (select auth.uid()) is not null)")),
    Sabotage("a-policy-compares-a-column-with-itself", SUMMARIES,
             _policy(SUMMARIES, "select", "using (user_id = user_id)")),
    Sabotage("a-policy-believes-user-metadata", "public.user_sessions",
             _policy("public.user_sessions", "select", f"using ({HERS} or user_id::text ="
                     " (select auth.jwt() -> 'user_metadata' ->> 'user_id'))")),
    Sabotage("a-policy-believes-an-empty-subject", "public.user_service_profiles",
             _policy("public.user_service_profiles", "select",
                     f"using ({HERS} or (select auth.uid()) is null)")),
    Sabotage("a-policy-is-for-everybody", CONVERSATIONS,
             _policy(CONVERSATIONS, "select", "using (true)", to="public")),
    Sabotage("a-policy-is-for-those-without-a-token", MESSAGES,
             (f"create policy open_house on {MESSAGES} for select to anon using (true)",)),
    Sabotage("a-second-policy-opens-what-the-first-closes", "public.users",
             ("create policy friends on public.users for select to authenticated using (is_active)",)),
    Sabotage("a-policy-of-the-server-alone-is-open", "public.live_heads",
             ("create policy served on public.live_heads for select to cairn_server using (true)",)),
    Sabotage("row-level-security-is-off", THREADS,
             (f"alter table {THREADS} disable row level security",)),
    Sabotage("row-level-security-is-not-forced", MESSAGES,
             (f"alter table {MESSAGES} no force row level security",)),
)  # fmt: skip

KEYS = (
    Sabotage("a-thread-may-lead-into-the-conversation-of-another", THREADS,
             _plain_key(THREADS, "thread_mappings_conversation_fkey", "conversation_id", CONVERSATIONS)),
    Sabotage("a-summary-may-be-of-the-conversation-of-another", SUMMARIES,
             _plain_key(SUMMARIES, "conversation_summaries_conversation_fkey", "conversation_id", CONVERSATIONS)),
    Sabotage("a-reply-may-answer-the-message-of-another", MESSAGES,
             _plain_key(MESSAGES, "messages_in_reply_to_fkey", "in_reply_to", MESSAGES)),
    Sabotage("a-message-may-be-in-the-conversation-of-another", MESSAGES,
             _plain_key(MESSAGES, "messages_conversation_fkey", "conversation_id", CONVERSATIONS)),
    Sabotage("a-thread-id-of-another-is-taken", THREADS,
             (f"create unique index spy on {THREADS} (source, external_thread_id)",)),
    Sabotage("an-idempotency-key-of-another-is-taken", MESSAGES,
             (f"update {MESSAGES} set idempotency_key = id::text",
              f"create unique index spy on {MESSAGES} (idempotency_key)")),
    Sabotage("a-service-is-one-persons-alone", "public.user_service_profiles",
             ("update public.user_service_profiles set service_type = 'voice' where user_id::text like 'a%'",
              "create unique index spy on public.user_service_profiles (service_type)")),
)  # fmt: skip

GRANTS = (
    Sabotage("nobody-may-read-a-whole-table", CONVERSATIONS, (f"grant select on {CONVERSATIONS} to anon",)),
    Sabotage("nobody-may-insert-anything", CONVERSATIONS, (f"grant insert on {CONVERSATIONS} to anon",)),
    Sabotage("nobody-may-update-anything", "public.users", ("grant update on public.users to anon",)),
    Sabotage("nobody-may-read-one-column", "public.users", ("grant select (email) on public.users to anon",)),
    Sabotage("she-may-say-whose-row-it-is", CONVERSATIONS,
             (f"grant update (user_id) on {CONVERSATIONS} to authenticated",)),
    Sabotage("she-may-say-when-it-was", THREADS, (f"grant insert (created_at) on {THREADS} to authenticated",)),
    Sabotage("she-may-write-messages-herself", MESSAGES,
             (f"grant insert (id, conversation_id, role, content) on {MESSAGES} to authenticated",)),
    Sabotage("she-may-rewrite-replies", MESSAGES, (f"grant update (content) on {MESSAGES} to authenticated",)),
    Sabotage("she-may-set-her-own-points", "public.users", ("grant update (xp) on public.users to authenticated",)),
    Sabotage("the-server-may-lift-a-lock", "public.users",
             ("grant update (is_active) on public.users to cairn_server",)),
    Sabotage("she-may-forge-events", "public.live_events",
             ("grant insert on public.live_events to authenticated",)),
    Sabotage("the-server-may-forge-events", "public.live_events",
             ("grant insert (user_id, seq, table_name, row_id, operation) on public.live_events to cairn_server",)),
    Sabotage("she-may-truncate", SUMMARIES, (f"grant truncate on {SUMMARIES} to authenticated",)),
    Sabotage("she-may-hang-triggers-on-a-table", CONVERSATIONS, (f"grant trigger on {CONVERSATIONS} to authenticated",)),
    Sabotage("she-may-refer-to-a-table", "public.users", ("grant references (id) on public.users to authenticated",)),
    Sabotage("the-server-reads-a-private-table", "private.denials",
             ("grant select on private.denials to cairn_server",)),
    Sabotage("a-private-table-is-open-and-its-schema-too", "private.jobs",
             ("grant usage on schema private to authenticated", "grant all on private.jobs to authenticated",
              "create policy open_house on private.jobs to authenticated using (true)")),
    Sabotage("she-may-look-into-the-schema-private", "around", ("grant usage on schema private to authenticated",)),
    Sabotage("she-may-make-tables", "around", ("grant create on schema public to authenticated",)),
    Sabotage("she-reads-accounts", "around", ("grant select (email) on auth.users to authenticated",)),
    Sabotage("the-server-takes-numbers-of-the-deny-list", "around",
             ("grant usage on sequence private.denials_seq to cairn_server",)),
    Sabotage("the-server-may-become-who-passes-policies", "around", ("grant service_role to cairn_server",)),
    Sabotage("she-is-a-member-of-who-reads-everything", "around", ("grant pg_read_all_data to authenticated",)),
    Sabotage("the-login-may-become-another", "around", ("grant authenticator to cairn_api",)),
    Sabotage("the-server-passes-policies", "around", ("alter role cairn_server bypassrls",)),
    Sabotage("new-tables-are-open-to-everybody", "around",
             ("alter default privileges for role postgres in schema public grant all on tables to authenticated",)),
    Sabotage("new-functions-are-open-to-everybody", "around",
             ("alter default privileges for role postgres grant execute on functions to public",)),
)  # fmt: skip

VIEWS = (
    Sabotage("a-view-runs-with-its-owners-rights", "views",
             (f"create view public.said as select * from {MESSAGES}", "grant select on public.said to authenticated")),
    Sabotage("a-view-of-numbers-runs-with-its-owners-rights", "without her",
             (f"create view public.told as select count(*) as messages from {MESSAGES}",
              "grant select on public.told to authenticated")),
    Sabotage("a-view-is-stored", "views",
             (f"create materialized view public.said as select * from {MESSAGES}",
              "grant select on public.said to authenticated")),
    Sabotage("a-view-for-administrators-is-open", "views",
             ("create schema if not exists admin", f"create view admin.said as select * from {MESSAGES}",
              "grant usage on schema admin to cairn_server", "grant select on admin.said to cairn_server")),
)  # fmt: skip

OWNERS_RIGHTS = r"(?=\n SET search_path)"

FUNCTIONS = (
    Sabotage("she-signs-out-the-device-of-another", "private.end_session",
             old=r" and known\.user_id = viewer\n  for update", new="\n  for update"),
    Sabotage("an-idempotency-key-is-found-for-everybody", "private.claim_idempotency_key",
             ("alter table private.idempotency_keys drop constraint idempotency_keys_pkey",
              "alter table private.idempotency_keys add constraint idempotency_keys_pkey primary key (key)"),
             old=r"where claimed\.user_id = viewer and claimed", new="where claimed"),
    Sabotage("tokens-are-spent-by-everybody-together", "private.model_tokens_spent",
             old=r"where usage\.user_id = \(select auth\.uid\(\)\)\n    and usage", new="where usage"),
    Sabotage("she-brings-the-conversation-of-another-back", "public.restore_conversation",
             old=OWNERS_RIGHTS, new="\n SECURITY DEFINER"),
    Sabotage("she-finds-the-thread-of-another", "public.find_or_start_conversation",
             old=r"(?s)\n SET search_path(.*)where mapping\.user_id = viewer\n\s+and mapping",
             new=r"\n SECURITY DEFINER\n SET search_path\1where mapping"),
    Sabotage("she-cancels-the-reply-of-another", "private.cancel_reply",
             old=OWNERS_RIGHTS, new="\n SECURITY DEFINER"),
    Sabotage("she-has-the-message-of-another-answered-anew", "private.resend_message",
             old=OWNERS_RIGHTS, new="\n SECURITY DEFINER"),
    Sabotage("a-refusal-tells-what-is-there", "private.refuse_reply",
             old=OWNERS_RIGHTS, new="\n SECURITY DEFINER"),
    Sabotage("the-server-signs-anybody-out", "private.deny_user",
             ("grant execute on function private.deny_user to cairn_server",)),
    Sabotage("everybody-may-call-a-private-function", "private.deny_user",
             ("grant execute on function private.deny_user to public",)),
    Sabotage("nobody-may-call-a-function", "public.restore_conversation",
             ("grant execute on function public.restore_conversation to anon",)),
    Sabotage("the-server-asks-whether-anybody-is-served", "private.is_served",
             ("alter function private.is_served security definer",
              "grant execute on function private.is_served to cairn_server")),
    Sabotage("the-server-queues-a-job-for-another", "private.queue_job",
             ("alter function private.queue_job security definer",
              "grant execute on function private.queue_job to cairn_server")),
    Sabotage("a-new-function-counts-everybodys-rows", "public.said_so_far",
             ("create function public.said_so_far() returns bigint language sql stable security definer"
              f" set search_path = '' as $$ select count(*) from {MESSAGES} $$",
              "grant execute on function public.said_so_far to authenticated")),
    Sabotage("a-new-function-trusts-the-id-it-is-given", "public.messages_of",
             ("create function public.messages_of(conversation_id uuid) returns setof public.messages language sql"
              " stable security definer set search_path = '' as"
              f" $$ select * from {MESSAGES} as m where m.conversation_id = messages_of.conversation_id $$",
              "grant execute on function public.messages_of to authenticated")),
)  # fmt: skip


CHAPTERS = (
    Sabotage("she-reads-the-journal-of-another", "public.journal_entries",
             _policy("public.journal_entries", "select", "using (shared_with_ai)")),
    Sabotage("she-remembers-what-another-said", "public.memories",
             _policy("public.memories", "select", "using (is_consented)")),
    Sabotage("she-awards-badges-to-herself", "public.user_badges",
             ("grant insert (id, badge_id, xp_awarded) on public.user_badges to authenticated",)),
    Sabotage("the-server-forges-what-an-agent-did", "public.agent_actions",
             ("grant update (before) on public.agent_actions to cairn_server",)),
    Sabotage("the-server-forgets-what-was-audited", "public.audit_log",
             ("grant delete on public.audit_log to cairn_server",)),
    Sabotage("she-writes-badges-for-everybody", "public.badges", ("grant insert on public.badges to authenticated",)),
    Sabotage("the-server-reads-what-agents-hold", "private.oauth_families",
             ("grant select on private.oauth_families to cairn_server",)),
    Sabotage("she-revokes-the-agents-of-another", "private.revoke_token_family",
             old=r" and family\.user_id = \(select auth\.uid\(\)\)"),
    Sabotage("a-guardians-link-is-issued-for-another", "private.issue_guardian_link",
             old=r"\n    and consent\.user_id = \(select auth\.uid\(\)\)"),
    Sabotage("she-undoes-what-agents-did-for-another", "private.undo_agent_action",
             old=r" and known\.user_id = viewer;", new=";"),
    Sabotage("everybody-is-of-the-care-team", "public.list_crisis_events",
             old=r"if not private\.is_care_team\(\) then", new="if false then"),
    Sabotage("she-touches-the-memories-of-another", "private.touch_memory_access",
             old=OWNERS_RIGHTS, new="\n SECURITY DEFINER"),
    Sabotage("she-confirms-the-entries-of-another", "public.confirm_category_entry",
             old=r"(?s)\n SET search_path(.*) and entry\.user_id = \$2",
             new=r"\n SECURITY DEFINER\n SET search_path\1"),
    Sabotage("she-counts-the-entries-of-everybody", "public.memory_category_statistics",
             old=r"(?s)\n SET search_path(.*) where entry\.user_id = \$2",
             new=r"\n SECURITY DEFINER\n SET search_path\1"),
)  # fmt: skip

TRIGGERS = (
    Sabotage("a-trigger-tells-what-is-there", THREADS,
             ("create function public.tell() returns trigger language plpgsql security definer set search_path = '' as"
              f" $$ begin if exists (select from {CONVERSATIONS} as c where c.id = new.conversation_id) then return new;"
              " end if; raise exception using errcode = 'CA404', message = 'There is no such conversation.'; end $$",
              f"create trigger t100_tell before insert on {THREADS} for each row execute function public.tell()")),
    Sabotage("a-trigger-writes-in-everybodys-rows", MESSAGES,
             ("create function public.touch() returns trigger language plpgsql security definer set search_path = '' as"
              f" $$ begin update {CONVERSATIONS} set description = 'touched'; return null; end $$",
              f"create trigger t500_touch after update on {MESSAGES} for each row execute function public.touch()")),
)  # fmt: skip

SABOTAGES = (*POLICIES, *KEYS, *GRANTS, *VIEWS, *FUNCTIONS, *CHAPTERS, *TRIGGERS)
