"""Sabotages of the migrations: policies, grants, keys, and the functions that pass them."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

FOUNDATION = "supabase/migrations/20261201000100_foundation.sql"
ACCOUNTS = "supabase/migrations/20261201000200_accounts.sql"
CHAT = "supabase/migrations/20261201000300_chat.sql"
ERASURE = "supabase/migrations/20261201002100_erasure.sql"
MINORS = "supabase/migrations/20261201002200_minors.sql"
AUDIT = "supabase/migrations/20261201001800_audit.sql"
AGENTS = "supabase/migrations/20261201001850_agents.sql"

CONVENTIONS = "tests/database/test_conventions.py"
ISOLATION = "tests/database/test_isolation_sql.py"
PROOF = "tests/isolation/test_proof.py::test_ben_gets_nothing_of_anas_by_the"
SESSIONS = "tests/database/test_sessions.py"
RULES = "tests/database/test_chat_rules.py"
MESSAGES = "tests/database/test_messages.py"

BOTH = "to authenticated, cairn_server"
HERS = "(user_id = (select auth.uid()))"

ERASING = "tests/database/erasure/test_erasing.py"

WHOLE = (
    Mutant(
        "an-erasure-counts-before-it-has-waited-for-writers",
        ERASURE,
        "case when owned.is_lockable then 'for update' end",
        "''",
        (f"{ERASING}::test_an_erasure_waits_for_who_is_writing_and_counts_that_too",),
    ),
    Mutant(
        "a-consent-that-ends-is-worked-out-from-an-old-sight-of-it",
        MINORS,
        "  perform from public.users as person where person.id = refresh_participation.user_id for no key update;\n",
        "",
        ("tests/database/minors/test_withdrawal.py",),
    ),
    Mutant(
        "a-line-of-the-audit-log-may-be-changed-unseen",
        AUDIT,
        "line.seq, line.previous_hash, line.event_type",
        "line.seq, line.event_type",
        ("tests/database/audit/test_chain.py",),
    ),
    Mutant(
        "what-is-sensitive-is-copied-into-the-agents-log",
        AGENTS,
        "secret constant boolean := private.is_sensitive(tg_table_name);",
        "secret constant boolean := false;",
        ("tests/database/agents/test_sensitive.py",),
    ),
)

POLICIES = (
    Mutant(
        "everybody-reads-all-messages",
        CHAT,
        f"policy owner_select on public.messages for select {BOTH} using      {HERS};",
        f"policy owner_select on public.messages for select {BOTH} using      (true);",
        (f"{PROOF}_table[public.messages]",),
    ),
    Mutant(
        "everybody-reads-all-devices",
        ACCOUNTS,
        f"policy owner_select on public.user_sessions for select {BOTH} using      {HERS};",
        f"policy owner_select on public.user_sessions for select {BOTH} using      (true);",
        (f"{PROOF}_table[public.user_sessions]",),
    ),
    Mutant(
        # A deletion without a condition asks this policy alone.
        "the-policy-of-deleting-holds-for-nobody-in-particular",
        CHAT,
        f"policy owner_delete on public.conversations for delete {BOTH} using      {HERS};",
        f"policy owner_delete on public.conversations for delete {BOTH} using      (true);",
        (f"{PROOF}_table[public.conversations]",),
    ),
    Mutant(
        "the-owner-of-messages-passes-their-policies",
        CHAT,
        "alter table public.messages force row level security;",
        "",
        (f"{CONVENTIONS}::test_the_schema_obeys",),
    ),
    Mutant(
        "thread-mappings-have-no-row-level-security",
        CHAT,
        "alter table public.thread_mappings enable row level security;",
        "",
        (f"{PROOF}_table[public.thread_mappings]",),
    ),
    Mutant(
        "a-thread-may-lead-into-the-conversation-of-another",
        CHAT,
        """constraint thread_mappings_conversation_fkey foreign key (conversation_id, user_id)
    references public.conversations (id, user_id)""",
        """constraint thread_mappings_conversation_fkey foreign key (conversation_id)
    references public.conversations (id)""",
        (f"{PROOF}_table[public.thread_mappings]",),
    ),
    Mutant(
        "a-thread-id-of-another-is-taken",
        CHAT,
        "unique (user_id, source, external_thread_id)",
        "unique (source, external_thread_id)",
        (f"{PROOF}_table[public.thread_mappings]",),
    ),
)

GRANTS = (
    Mutant(
        "she-may-insert-messages-herself",
        CHAT,
        "grant select on public.messages to authenticated;",
        "grant select, insert (id, conversation_id, role, content) on public.messages"
        " to authenticated;",
        (
            f"{CONVENTIONS}::test_each_role_may_write_what_is_written_here_and_of_plain_tables_what_is_hers",
        ),
    ),
    Mutant(
        "she-may-set-her-own-points",
        ACCOUNTS,
        "update (full_name, display_name, bio, avatar_url, settings) on public.users",
        "update (full_name, display_name, bio, avatar_url, settings, xp) on public.users",
        (f"{PROOF}_table[public.users]",),
    ),
    Mutant(
        "new-functions-are-open-to-everybody",
        FOUNDATION,
        "alter default privileges revoke execute on functions from public;",
        "",
        (
            f"{CONVENTIONS}"
            "::test_a_new_table_and_function_of_the_owner_are_closed_to_the_roles_of_the_api",
        ),
    ),
    Mutant(
        "new-tables-are-open-to-everybody",
        FOUNDATION,
        "revoke all on tables from anon, authenticated, service_role;",
        "revoke all on tables from anon;",
        (
            f"{CONVENTIONS}"
            "::test_a_new_table_and_function_of_the_owner_are_closed_to_the_roles_of_the_api",
        ),
    ),
    Mutant(
        "the-server-role-passes-policies",
        FOUNDATION,
        "create role cairn_server nologin;",
        "create role cairn_server nologin bypassrls;",
        (f"{CONVENTIONS}::test_the_server_role_cannot_log_in_or_pass_policies",),
    ),
    Mutant(
        "the-api-may-sign-anybody-out",
        ACCOUNTS,
        "grant execute on function private.deny_user to service_role;",
        "grant execute on function private.deny_user to service_role, cairn_server;",
        (f"{PROOF}_function[private.deny_user]",),
    ),
)

FUNCTIONS = (
    Mutant(
        "a-definer-function-trusts-its-callers-search-path",
        FOUNDATION,
        """entity_id uuid) returns uuid
  language plpgsql volatile security definer set search_path = ''""",
        """entity_id uuid) returns uuid
  language plpgsql volatile security definer""",
        (f"{CONVENTIONS}::test_the_schema_obeys",),
    ),
    Mutant(
        "idempotency-keys-are-shared-by-all",
        FOUNDATION,
        "primary key (user_id, key)",
        "primary key (key)",
        (f"{ISOLATION}::test_an_idempotency_key_of_anas_is_free_for_ben",),
    ),
    Mutant(
        "she-enters-with-the-session-of-another",
        ACCOUNTS,
        "where known.user_id = viewer and known.ended_at is null;",
        "where known.ended_at is null;",
        (f"{ISOLATION}::test_ben_enters_with_no_session_of_anas",),
    ),
    Mutant(
        "an-ended-session-enters-again",
        ACCOUNTS,
        "where known.user_id = viewer and known.ended_at is null;",
        "where known.user_id = viewer;",
        (f"{SESSIONS}::test_a_signed_out_session_never_enters_again",),
    ),
    Mutant(
        "she-signs-out-the-device-of-another",
        ACCOUNTS,
        "where known.id = session_id and known.user_id = viewer\n  for update;",
        "where known.id = session_id\n  for update;",
        (f"{ISOLATION}::test_ben_ends_no_session_of_anas",),
    ),
    Mutant(
        "a-banned-person-enters",
        ACCOUNTS,
        "and coalesce(account.banned_until <= now(), true)",
        "and true",
        (f"{SESSIONS}::test_who_is_locked_banned_closed_or_erased_stays_out_at_once",),
    ),
    Mutant(
        "a-token-from-before-a-denial-enters",
        ACCOUNTS,
        "and case when issued_at is null then denial.expires_at > now() else denial.denied_at >= issued_at end",
        "and false",
        (f"{SESSIONS}::test_signing_her_out_everywhere_ends_her_sessions_and_earlier_tokens",),
    ),
    Mutant(
        "a-completed-conversation-becomes-active-again",
        CHAT,
        "when 'completed' then new.status = 'archived'",
        "when 'completed' then new.status in ('archived', 'active')",
        (f"{RULES}::test_a_status_goes_only_where_it_may",),
    ),
    Mutant(
        "a-closed-conversation-takes-messages",
        CHAT,
        "and (conversation.status = 'active' or new.role <> 'user')",
        "and true",
        (
            f"{MESSAGES}"
            "::test_a_closed_conversation_takes_no_word_of_hers_and_stores_the_reply_on_its_way",
        ),
    ),
    Mutant(
        "a-message-may-change-who-said-it",
        CHAT,
        "is distinct from (old.id, old.user_id, old.conversation_id, old.turn, old.role,",
        "is distinct from (old.id, old.user_id, old.conversation_id, old.turn, new.role,",
        (f"{MESSAGES}::test_a_message_keeps_its_place_and_speaker_even_for_the_dashboard",),
    ),
    Mutant(
        "the-log-of-signing-up-keeps-addresses",
        ACCOUNTS,
        "'email', nullif(account.email, '') is not null,",
        "'email', account.email,",
        ("tests/database/test_accounts.py::test_each_sync_is_logged_without_the_facts_themselves",),
    ),
)

MUTANTS = (*WHOLE, *POLICIES, *GRANTS, *FUNCTIONS)
