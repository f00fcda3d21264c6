"""Sabotages of who is asking: tokens, the door, and how she is forwarded to Postgres."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

SESSIONS = "tests/session/test_isolation_of_sessions.py"
BETWEEN = "tests/session/test_between_requests.py"
POOLED = "test_behind_a_pooler_a_transaction_brings_its_own_settings_and_leaves_none"
ROLES = "tests/session/test_roles.py"
TOKENS = "tests/auth/test_tokens.py"
KEYS = "tests/auth/test_keys.py"
DOOR = "tests/auth/test_admission.py"
REQUESTS = "tests/http/test_requests.py"

# One connection, many people ------------------------------------------------------------------
PIPELINE = "tests/session/test_pipeline.py"

FORWARDING = (
    Mutant(
        "a-cancelled-connection-goes-back-to-the-pool",
        "graphql_api/session.py",
        "self._pool.give_back(loan.connection, clean=loan.is_clean)",
        "self._pool.give_back(loan.connection, clean=True)",
        (f"{BETWEEN}::test_a_write_that_was_cancelled_is_not_committed_by_the_next_request",),
    ),
    Mutant(
        "the-pool-keeps-unclean-connections",
        "graphql_api/pool.py",
        "if clean and not self._closing and self._is_fit(connection):",
        "if not self._closing and self._is_fit(connection):",
        (f"{BETWEEN}::test_a_write_that_was_cancelled_is_not_committed_by_the_next_request",),
    ),
    Mutant(
        "the-role-is-not-taken",
        "graphql_api/preamble.py",
        "{begin};set local role {role};",
        "{begin};",
        (f"{SESSIONS}::test_a_connection_forgets_its_user",),
    ),
    Mutant(
        "the-role-outlives-its-transaction",
        "graphql_api/preamble.py",
        "{begin};set local role {role};",
        "{begin};set role {role};",
        (f"{BETWEEN}::test_a_connection_between_two_requests_is_nobodys",),
    ),
    Mutant(
        "the-claims-outlive-their-transaction",
        "graphql_api/preamble.py",
        "set_config('request.jwt.claims',{literal(claims)},true)",
        "set_config('request.jwt.claims',{literal(claims)},false)",
        (f"{BETWEEN}::test_a_connection_between_two_requests_is_nobodys",),
    ),
    Mutant(
        "behind-a-pooler-settings-outlive-their-transaction",
        "graphql_api/preamble.py",
        '{literal(value)},true)" for name',
        '{literal(value)},false)" for name',
        (f"{BETWEEN}::{POOLED}",),
    ),
    Mutant(
        "behind-a-pooler-statements-have-names",
        "graphql_api/session.py",
        "statement_cache_size=0 if behind_pooler else STATEMENTS_PER_CONNECTION",
        "statement_cache_size=STATEMENTS_PER_CONNECTION",
        (f"{BETWEEN}::{POOLED}",),
    ),
    Mutant(
        "any-role-is-taken",
        "graphql_api/session.py",
        "if taken not in ROLES:",
        "if taken is None:",
        (f"{SESSIONS}::test_only_roles_of_the_list_are_taken",),
    ),
    Mutant(
        "claims-break-out-of-their-quotes",
        "graphql_api/preamble.py",
        """return "'" + text.replace("'", "''") + "'\"""",
        """return "'" + text + "'\"""",
        (f"{SESSIONS}::test_claims_cannot_break_out_of_their_quotes",),
    ),
    Mutant(
        "a-read-may-write",
        "graphql_api/preamble.py",
        'begin = "begin" if write else "begin read only"',
        'begin = "begin"',
        (f"{SESSIONS}::test_a_read_cannot_write",),
    ),
    Mutant(
        "half-a-write-is-kept",
        "graphql_api/session.py",
        """except (asyncpg.PostgresError, ApiError, DatabaseError):
                await connection.execute("rollback")""",
        """except (asyncpg.PostgresError, ApiError, DatabaseError):
                await connection.execute("commit")""",
        (f"{BETWEEN}::test_what_a_refusal_of_ours_interrupts_is_not_kept",),
    ),
    Mutant(
        "a-query-may-take-for-ever",
        "graphql_api/preamble.py",
        '"statement_timeout": settings.query_timeout,',
        '"statement_timeout": settings.mutation_timeout,',
        (f"{SESSIONS}::test_a_statement_that_takes_too_long_is_stopped",),
    ),
    Mutant(
        "in-one-round-trip-a-read-may-write",
        "graphql_api/pipeline.py",
        'BEGIN = {False: "begin read only", True: "begin"}',
        'BEGIN = {False: "begin", True: "begin"}',
        (f"{PIPELINE}::test_role_claims_and_time_out_are_those_of_each_request",),
    ),
    Mutant(
        "in-one-round-trip-the-claims-are-not-set",
        "graphql_api/pipeline.py",
        "set_config('request.jwt.claims', $2, true)",
        "set_config('request.jwt.other', $2, true)",
        (f"{PIPELINE}::test_role_claims_and_time_out_are_those_of_each_request",),
    ),
    Mutant(
        "in-one-round-trip-the-role-outlives-its-transaction",
        "graphql_api/pipeline.py",
        "set_config('role', $1, true)",
        "set_config('role', $1, false)",
        (f"{PIPELINE}::test_nothing_is_left_on_the_connection",),
    ),
    Mutant(
        "in-one-round-trip-a-refusal-is-no-answer",
        "graphql_api/pipeline.py",
        "if receiver.error is not None:",
        "if receiver.error == b'':",
        (f"{PIPELINE}::test_a_refusal_is_told_with_its_sqlstate_and_leaves_the_connection_usable",),
    ),
    Mutant(
        "a-login-that-passes-policies-may-serve",
        "graphql_api/login.py",
        "if faults and not allow_owner_role:",
        "if faults and allow_owner_role:",
        (ROLES,),
    ),
)

# Tokens, and who is turned away -----------------------------------------------------------------

TOKEN = (
    Mutant(
        "a-remembered-token-never-expires",
        "graphql_api/auth/tokens.py",
        "if self._clock() < known.expires_at + self._leeway_seconds:",
        "if known.expires_at:",
        (f"{TOKENS}::test_a_remembered_token_still_expires",),
    ),
    Mutant(
        "a-token-is-remembered-without-its-signature",
        "graphql_api/auth/tokens.py",
        "hashlib.sha256(token.encode()).digest()",
        'hashlib.sha256(token.rpartition(".")[0].encode()).digest()',
        (f"{TOKENS}::test_a_forgery_of_a_remembered_token_is_refused",),
    ),
    Mutant(
        "any-algorithm-of-the-secret-will-do",
        "graphql_api/auth/tokens.py",
        'if algorithm == "HS256" and self._secret is not None:',
        'if str(algorithm).startswith("HS") and self._secret is not None:',
        (f"{TOKENS}::test_an_algorithm_that_is_not_ours_is_refused",),
    ),
    Mutant(
        "a-withdrawn-key-is-still-believed",
        "graphql_api/auth/tokens.py",
        "self._keys.on_key_gone = self._cache.clear",
        "self._keys.on_key_gone = lambda: None",
        (f"{KEYS}::test_verified_tokens_are_forgotten_with_their_key",),
    ),
    Mutant(
        "the-key-set-is-fetched-wherever-a-redirect-leads",
        "graphql_api/auth/keys.py",
        "follow_redirects=False",
        "follow_redirects=True",
        (f"{KEYS}::test_a_redirect_is_not_followed",),
    ),
    Mutant(
        "a-token-for-others-is-good-here",
        "graphql_api/auth/tokens.py",
        "if self._audience not in audiences:",
        "if not audiences:",
        (f"{TOKENS}::test_a_token_for_another_audience_is_refused",),
    ),
    Mutant(
        "any-issuer-is-trusted",
        "graphql_api/auth/tokens.py",
        'if self._issuer is not None and claims.get("iss") != self._issuer:',
        'if self._issuer is not None and "iss" not in claims:',
        (f"{TOKENS}::test_the_issuer_counts_when_one_is_configured",),
    ),
    Mutant(
        "a-token-may-say-service-role",
        "graphql_api/auth/tokens.py",
        'if role != "authenticated":',
        'if role not in ("authenticated", "service_role"):',
        (f"{TOKENS}::test_a_role_that_is_not_for_people_is_refused",),
    ),
    Mutant(
        "an-unknown-assurance-level-counts-as-the-highest",
        "graphql_api/auth/tokens.py",
        'return "aal2" if value == "aal2" else None',
        'return "aal2" if value else None',
        (f"{TOKENS}::test_an_assurance_level_that_is_not_known_is_worth_none",),
    ),
    Mutant(
        "the-deny-list-is-ignored",
        "graphql_api/admission/door.py",
        "        if self.denials.has(viewer):",
        "        if False:",
        (f"{DOOR}::test_a_session_that_was_ended_is_refused_at_once",),
    ),
    Mutant(
        "an-old-copy-of-the-deny-list-is-good-enough",
        "graphql_api/admission/denials.py",
        "if self._polled_at is not None and arrived_at - self._polled_at < STALE_SECONDS:",
        "if self._polled_at is not None:",
        (f"{DOOR}::test_an_old_copy_asks_the_table_at_each_request",),
    ),
    Mutant(
        "what-postgres-says-at-the-door-is-ignored",
        "graphql_api/admission/door.py",
        "if not admitted or self.denials.has(viewer):",
        "if self.denials.has(viewer) and not admitted:",
        (f"{DOOR}::test_a_session_of_somebody_else_is_refused",),
    ),
    Mutant(
        "of-two-tokens-one-is-believed",
        "graphql_api/http/graphql.py",
        'if name == b"authorization") > 1:',
        'if name == b"authorization") > 2:',
        (f"{REQUESTS}::test_two_authorization_headers_are_refused",),
    ),
)

MUTANTS = (*FORWARDING, *TOKEN)
