"""Sabotages of feeds, of what wakes them, and of what they may tell."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

LOG = "tests/live/test_log_feeds.py"
TEXT = "tests/live/test_text_feeds.py"
PERMISSION = "tests/live/test_permission.py"
FAULTS = "tests/live/test_faults.py"
HUB = "tests/live/test_hub.py"
HINTS = "tests/live/test_hints.py"

STATEMENTS = "graphql_api/feeds/statements.py"

TOLD = (
    Mutant(
        "the-event-of-the-cursor-is-told-again",
        STATEMENTS,
        "and {mine} and e.seq > looked.place",
        "and {mine} and e.seq >= looked.place",
        (f"{LOG}::test_a_replay_goes_on_behind_any_event_without_gap_or_double",),
    ),
    Mutant(
        "what-was-forgotten-is-passed-over",
        STATEMENTS,
        "and e.seq = place + 1",
        "and e.seq > place",
        (f"{LOG}::test_a_cursor_whose_next_event_was_forgotten_asks_for_a_resync_and_goes_on",),
    ),
    Mutant(
        "a-cursor-ahead-of-everything-waits-for-ever",
        STATEMENTS,
        "place = head or exists",
        "place >= head or exists",
        (f"{LOG}::test_a_cursor_ahead_of_everything_asks_for_a_resync",),
    ),
    Mutant(
        "a-full-page-is-taken-for-the-last",
        "graphql_api/feeds/log_feed.py",
        "self._place = page.until",
        "self._place = page.head",
        (f"{LOG}::test_a_long_replay_is_read_in_pages_and_misses_nothing",),
    ),
    Mutant(
        "all-her-conversations-are-told-in-each",
        STATEMENTS,
        'f"{column} = {self._row}" if self._row',
        'f"{self._row} is not null" if self._row',
        (f"{LOG}::test_her_other_conversations_are_not_told_in_this_one",),
    ),
    Mutant(
        "a-hidden-conversation-is-a-silent-one",
        "graphql_api/feeds/log_feed.py",
        "if not page.is_there:",
        "if page.head < 0:",
        (f"{LOG}::test_a_hidden_conversation_is_as_a_missing_one",),
    ),
    Mutant(
        "a-deleted-conversation-is-waited-for",
        "graphql_api/feeds/log_feed.py",
        "if is_last:",
        "if seq < 0:",
        (f"{LOG}::test_a_deleted_conversation_is_the_last_that_is_told_of_it",),
    ),
    Mutant(
        "what-happens-before-the-first-wait-is-slept-through",
        "graphql_api/feeds/log_feed.py",
        "wake.saw(page.head)",
        "wake.saw(page.head + 1)",
        (f"{LOG}::test_what_was_missed_is_told_then_caught_up_then_what_happens",),
    ),
    Mutant(
        "a-retried-reply-is-added-to-the-old-one",
        STATEMENTS,
        "{alias}.attempt = {attempt} and not",
        "{attempt} is not null and not",
        (f"{TEXT}::test_another_attempt_begins_anew",),
    ),
    Mutant(
        "a-stopped-reply-is-added-to",
        "graphql_api/feeds/text_feed.py",
        "if look.is_replaced:",
        "if look.attempt < 0:",
        (f"{TEXT}::test_a_reply_that_was_stopped_is_replaced_and_not_added_to",),
    ),
    Mutant(
        "a-reply-needs-hints",
        "graphql_api/feeds/text_feed.py",
        "await wake.wait(LOOK_SECONDS)",
        "await wake.wait()",
        (f"{TEXT}::test_a_reply_goes_on_without_any_hint",),
    ),
)

ALLOWED = (
    Mutant(
        "who-signed-out-hears-what-was-read-before",
        "graphql_api/feeds/log_feed.py",
        "        self._whose()\n        return Event",
        "        return Event",
        (f"{PERMISSION}::test_an_event_that_was_read_is_not_delivered_after_the_sign_out",),
    ),
    Mutant(
        "a-stream-becomes-somebody-elses",
        "graphql_api/feeds/reading.py",
        "if viewer.user_id != self.user_id:",
        "if viewer.user_id is None:",
        (f"{PERMISSION}::test_a_stream_does_not_become_somebody_elses",),
    ),
    Mutant(
        "rows-of-others-are-told-by-forged-events",
        "supabase/migrations/20261201000300_chat.sql",
        "create policy owner_select on public.messages for select to authenticated, cairn_server"
        " using      (user_id = (select auth.uid()));",
        "create policy owner_select on public.messages for select to authenticated, cairn_server"
        " using      (true);",
        (f"{LOG}::test_an_event_that_leads_to_somebody_elses_row_tells_nothing",),
    ),
    Mutant(
        "a-subscription-may-cost-what-it-likes",
        "graphql_api/plans.py",
        "        self._check_cost(plan.cost)\n        compiled = compile_feed",
        "        compiled = compile_feed",
        (f"{PERMISSION}::test_a_bad_document_is_refused_as_in_queries",),
    ),
    Mutant(
        "anybody-may-subscribe",
        "graphql_api/execution.py",
        "        if viewer.user_id is None:\n            raise Unauthenticated\n        if self._feeds",
        "        if self._feeds",
        (f"{PERMISSION}::test_nobody_without_a_token_subscribes",),
    ),
)

WOKEN = (
    Mutant(
        "a-database-that-is-away-ends-all-streams",
        "graphql_api/feeds/reading.py",
        "if not will_pass(error):",
        "if will_pass(error):",
        (f"{FAULTS}::test_a_busy_pool_makes_a_stream_wait_and_not_fail",),
    ),
    Mutant(
        "who-left-is-asked-for-still",
        "graphql_api/live/hub.py",
        "wakes.discard(wake)",
        "pass",
        (f"{PERMISSION}::test_whoever_leaves_leaves_no_alarm_behind",),
    ),
    Mutant(
        "the-fastest-reader-of-a-person-speaks-for-all",
        "graphql_api/live/hub.py",
        "seen = min(read, default=None)",
        "seen = max(read, default=None)",
        (f"{HUB}::test_a_poll_wakes_those_who_have_not_read_so_far",),
    ),
    Mutant(
        "a-failed-poll-is-the-last",
        "graphql_api/live/hub.py",
        "            self._readable = False\n            return",
        "            raise",
        (f"{HUB}::test_polls_that_fail_are_told_once_and_go_on",),
    ),
    Mutant(
        "a-process-hears-its-own-echo",
        "graphql_api/live/hints.py",
        "if hint.origin != self._origin:",
        "if hint.origin:",
        (f"{HINTS}::test_a_hint_is_heard_here_at_once_and_there_soon",),
    ),
    Mutant(
        "hints-pile-up",
        "graphql_api/live/hints.py",
        "if len(self._pending) >= MAXIMUM_PENDING:",
        "if len(self._pending) < 0:",
        (f"{HINTS}::test_more_hints_than_can_wait_become_one_for_everybody",),
    ),
    Mutant(
        "a-lost-redis-ends-the-hints",
        "graphql_api/ear.py",
        "            except Exception as error:\n                # Redis",
        "            except ZeroDivisionError as error:\n                # Redis",
        (f"{HINTS}::test_a_killed_redis_harms_nobody_and_is_heard_again",),
    ),
    Mutant(
        "a-fault-of-a-driver-makes-deaf",
        "graphql_api/ear.py",
        "            except Exception as error:\n                # Redis",
        "            except OSError as error:\n                # Redis",
        (f"{HINTS}::test_a_fault_of_any_kind_makes_nobody_deaf_or_mute",),
    ),
    Mutant(
        "one-person-subscribes-without-end",
        "graphql_api/feeds/opening.py",
        "if self._hub.subscriptions_of(reader.user_id) >= self._max_of_user:",
        "if self._hub.subscriptions_of(reader.user_id) < 0:",
        (
            "tests/live/test_permission.py::"
            "test_one_person_has_so_many_subscriptions_at_most_and_nobody_else_pays",
        ),
    ),
)

MUTANTS = (*TOLD, *ALLOWED, *WOKEN)
