"""Sabotages of sockets and event streams: who may open them, hear by them, and for how long."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

SOCKETS = "tests/http/test_sockets.py"
MESSAGES = "tests/http/test_socket_messages.py"
STREAMS = "tests/http/test_event_streams.py"
REAL = "tests/http/test_live_app.py"
STOPPING = "tests/local/test_stopping.py"

MUTANTS = (
    Mutant(
        "a-page-of-anybody-opens-a-socket",
        "graphql_api/http/sockets.py",
        'if len(origins) > 1 or not (origin in allowed or _is_own(origin, headers.get(b"host", b""))):',
        "if len(origins) > 1:",
        (f"{SOCKETS}::test_pages_of_other_origins_may_not_open_a_socket",),
    ),
    Mutant(
        "somebody-without-a-user-is-let-in",
        "graphql_api/http/socket.py",
        "if viewer.user_id is None:",
        "if False:",
        (f"{SOCKETS}::test_without_a_good_token_nobody_is_let_in",),
    ),
    Mutant(
        "two-authorization-headers-are-one",
        "graphql_api/http/socket.py",
        "if len(self._authorizations) > 1:",
        "if False:",
        (f"{SOCKETS}::test_two_authorization_headers_are_refused",),
    ),
    Mutant(
        "another-users-token-is-taken",
        "graphql_api/http/socket.py",
        "if viewer.user_id != self._leave.viewer.user_id:",
        "if False:",
        (f"{SOCKETS}::test_another_users_token_closes_the_socket",),
    ),
    Mutant(
        "nobody-asks-the-door-about-a-newer-token",
        "graphql_api/http/socket.py",
        "        await self.admit(viewer)\n        return viewer",
        "        return viewer",
        (f"{SOCKETS}::test_a_token_of_a_session_that_was_ended_is_refused",),
    ),
    Mutant(
        "a-socket-outlives-its-token",
        "graphql_api/http/leave.py",
        "return TOKEN_EXPIRED if self._clock() >= self._end() else None",
        "return None",
        (f"{SOCKETS}::test_the_socket_closes_when_its_token_ends",),
    ),
    Mutant(
        "a-client-is-told-without-end-that-its-token-ends",
        "graphql_api/http/leave.py",
        "            self._warned_of = self.viewer.expires_at or 0\n"
        "            self._on_expiring(self._warned_of)",
        "            self._on_expiring(self.viewer.expires_at or 0)",
        (
            "tests/http/test_leave.py::test_a_client_that_hands_in_the_same_token_again_is_told_once",
        ),
    ),
    Mutant(
        "a-mistake-makes-a-client-come-again-for-ever",
        "graphql_api/http/graphql.py",
        "if given.is_refused and given.status != BAD_REQUEST:",
        "if given.is_refused:",
        (f"{STREAMS}::test_a_mistake_in_an_operation_is_an_event_lest_the_client_come_again",),
    ),
    Mutant(
        "an-event-reaches-somebody-who-signed-out",
        "graphql_api/http/operation.py",
        "                    await self._leave.check()\n",
        "",
        (f"{SOCKETS}::test_nothing_is_delivered_after_a_sign_out",),
    ),
    Mutant(
        "an-event-is-delivered-while-nobody-can-tell-who-is-signed-out",
        "graphql_api/http/leave.py",
        "        await self._denials.be_fresh()\n",
        "",
        (
            f"{SOCKETS}::test_nothing_is_delivered_while_nobody_can_tell_who_is_signed_out",
            f"{STREAMS}::test_a_stream_ends_without_complete_when_nobody_can_tell_who_is_signed_out",
        ),
    ),
    Mutant(
        "a-stream-tells-somebody-who-signed-out",
        "graphql_api/http/sse.py",
        "                await self.leave.check()\n",
        "",
        (f"{STREAMS}::test_a_stream_ends_without_complete_at_a_sign_out",),
    ),
    Mutant(
        "a-sign-out-leaves-silent-sockets-open",
        "graphql_api/app.py",
        "admission.denials.on_denied = listeners.look",
        "admission.denials.on_denied = None",
        (f"{REAL}::test_without_redis_a_sign_out_closes_idle_sockets_within_two_seconds",),
    ),
    Mutant(
        "complete-leaves-the-work-running",
        "graphql_api/http/socket.py",
        "            if task is not None:\n                task.cancel()",
        "            if task is not None:\n                pass",
        (f"{SOCKETS}::test_complete_ends_the_work_and_nothing_comes_after_it",),
    ),
    Mutant(
        "a-socket-has-any-number-of-operations",
        "graphql_api/http/socket_state.py",
        "if len(self._open) >= self._max_operations:",
        "if False:",
        (f"{MESSAGES}::test_operations_are_so_many_and_so_large_at_most",),
    ),
    Mutant(
        "a-user-has-any-number-of-sockets",
        "graphql_api/http/listeners.py",
        "if self._of_user[viewer.user_id] >= self._max_of_user:",
        "if False:",
        (
            f"{SOCKETS}::test_a_user_may_have_so_many_sockets_and_another_user_as_many",
            f"{STREAMS}::test_a_user_may_have_so_many_streams",
        ),
    ),
    Mutant(
        "an-id-that-is-open-is-used-again",
        "graphql_api/http/socket_state.py",
        "if message.id in self._open:",
        "if False:",
        (f"{MESSAGES}::test_an_id_is_taken_while_its_operation_is_open_and_free_after_it",),
    ),
    Mutant(
        "who-reads-nothing-is-kept",
        "graphql_api/wire.py",
        "if self._unsent_bytes - unsent_bytes >= MIN_PROGRESS_BYTES:",
        "if True:",
        (f"{SOCKETS}::test_a_socket_that_stops_reading_is_cut_off_and_the_others_go_on",),
    ),
    Mutant(
        "who-reads-slowly-is-cut-off",
        "graphql_api/wire.py",
        "if self._unsent_bytes - unsent_bytes >= MIN_PROGRESS_BYTES:",
        "if False:",
        (f"{SOCKETS}::test_a_socket_that_reads_slowly_but_steadily_gets_everything",),
    ),
    Mutant(
        "pongs-pile-up-for-who-reads-none",
        "graphql_api/wire.py",
        "        self.transport.pause_reading()\n        self._watch_progress()",
        "        self._watch_progress()",
        (f"{SOCKETS}::test_pings_are_not_read_from_somebody_who_reads_no_pongs",),
    ),
    Mutant(
        "a-message-has-any-number-of-pieces",
        "graphql_api/wire.py",
        "if len(self.frames) >= MAX_FRAGMENTS:",
        "if False:",
        (f"{SOCKETS}::test_a_message_in_endless_pieces_closes_the_socket",),
    ),
    Mutant(
        "streams-hold-up-the-end-of-the-server",
        "graphql_api/app.py",
        "app.state.on_stop = services.listeners.stop",
        "app.state.on_stop = lambda: None",
        (f"{STOPPING}::test_hundreds_who_listen_are_sent_away_to_come_back_long_before_the_grace",),
    ),
    Mutant(
        "a-stream-that-was-cut-short-says-that-it-is-complete",
        "graphql_api/http/sse.py",
        "return _comment(self._ended.result())",
        "return COMPLETE",
        (f"{STREAMS}::test_a_stream_ends_without_complete_when_its_token_does",),
    ),
    Mutant(
        "who-likes-no-events-is-given-some",
        "graphql_api/http/accept.py",
        "return any(name == media_type and quality > 0 for name, quality in ranges)",
        "return any(name == media_type for name, quality in ranges)",
        (f"{STREAMS}::test_nobody_else_is_given_a_stream",),
    ),
)
