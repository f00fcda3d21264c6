"""Sabotages of the migrations that make chat live: the event log, the queue, the verbs of replies."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

CHAT = "supabase/migrations/20261201000300_chat.sql"
LIVE = "supabase/migrations/20261201000400_live.sql"
REPLIES = "supabase/migrations/20261201000500_replies.sql"

PROOF = "tests/isolation/test_proof.py::test_ben_gets_nothing_of_anas_by_the_table"
LOG = "tests/database/test_live_log.py"
JOBS = "tests/database/test_jobs.py"
ANSWERS = "tests/database/test_replies.py"

BOTH = "to authenticated, cairn_server"
HERS = "(user_id = (select auth.uid()))"

EVENTS = (
    Mutant(
        "everybody-reads-the-log-of-all",
        LIVE,
        f"policy owner_select on public.live_events for select {BOTH} using      {HERS};",
        f"policy owner_select on public.live_events for select {BOTH} using      (true);",
        (f"{PROOF}[public.live_events]",),
    ),
    Mutant(
        "an-event-is-numbered-before-the-commit",
        LIVE,
        """create constraint trigger t900_messages_live after insert or delete on public.messages
  deferrable initially deferred""",
        """create constraint trigger t900_messages_live after insert or delete on public.messages
  deferrable initially immediate""",
        (f"{LOG}::test_who_writes_first_and_commits_last_has_the_last_number",),
    ),
    Mutant(
        "a-number-is-read-and-not-locked",
        LIVE,
        """update public.live_heads as head set seq = head.seq + 1 where head.user_id = owner
  returning head.seq into number;""",
        """select max(event.seq) + 1 from public.live_events as event where event.user_id = owner
  into number;""",
        (
            f"{LOG}"
            "::test_eight_writers_of_one_person_get_1600_numbers_in_the_order_of_their_commits",
        ),
    ),
    Mutant(
        "an-event-goes-to-whoever-made-the-change",
        LIVE,
        "owner  constant uuid := coalesce(new.user_id, old.user_id);",
        "owner  constant uuid := coalesce((select auth.uid()), new.user_id, old.user_id, '"
        "00000000-0000-0000-0000-000000000000');",
        (f"{LOG}::test_a_change_in_the_dashboard_is_an_event_of_the_rows_owner",),
    ),
    Mutant(
        "an-erased-account-leaves-its-log",
        LIVE,
        "delete from public.live_events as event where event.user_id = old.id;",
        "",
        (f"{LOG}::test_an_erased_account_leaves_no_event_and_no_number",),
    ),
    Mutant(
        "an-event-is-written-for-who-is-gone",
        LIVE,
        "select person.id, 1 from public.users as person where person.id = owner",
        "select owner, 1",
        (f"{LOG}::test_an_erased_account_leaves_no_event_and_no_number",),
    ),
    Mutant(
        "a-failure-of-a-reply-is-no-event",
        LIVE,
        "(new.state, new.content_hash, new.failure,",
        "(old.state, new.content_hash, new.failure,",
        (f"{LOG}::test_a_reply_that_grows_is_no_event_and_each_of_its_states_is_one",),
    ),
    Mutant(
        "news-are-told-of-everybody",
        LIVE,
        "join public.live_heads as head on head.user_id = listener.user_id",
        "join public.live_heads as head on true",
        (f"{LOG}::test_news_are_told_of_those_only_that_are_asked_for",),
    ),
    Mutant(
        "the-sweep-leaves-a-gap",
        LIVE,
        "on event.user_id = old.user_id and event.seq <= old.seq\n      order by",
        "on event.user_id = old.user_id and event.created_at < now() - interval '7 days'"
        "\n      order by",
        (f"{LOG}::test_old_events_are_forgotten_from_the_front_and_the_numbers_go_on",),
    ),
)

REPLYING = (
    Mutant(
        "a-worker-that-was-replaced-writes-on",
        REPLIES,
        "where held.id = job_id and held.fence = lock_job.fence and held.lease_until is not null",
        "where held.id = job_id and held.lease_until is not null",
        (
            f"{JOBS}::test_an_expired_claim_is_claimed_again_with_a_higher_fence"
            "_and_the_old_one_is_refused",
        ),
    ),
    Mutant(
        "what-was-given-up-is-still-held",
        REPLIES,
        "held.fence = lock_job.fence and held.lease_until is not null",
        "held.fence = lock_job.fence",
        (f"{JOBS}::test_what_was_given_up_is_held_no_more",),
    ),
    Mutant(
        "a-job-is-locked-before-what-it-writes",
        REPLIES,
        "select * into job from private.jobs as known where known.id = job_id;",
        "select * into job from private.jobs as known where known.id = job_id for update;",
        (f"{JOBS}::test_a_worker_that_waits_for_her_cancelling_writes_nothing",),
    ),
    Mutant(
        "a-write-of-a-worker-does-not-hold-off-an-erasure",
        REPLIES,
        "perform from public.users as person where person.id = job.user_id for key share;",
        "",
        (f"{JOBS}::test_a_worker_in_mid_write_is_waited_for_and_meets_nobody_head_on",),
    ),
    Mutant(
        "a-claim-waits-for-the-claim-of-another",
        REPLIES,
        "claiming or writing.\n      for update skip locked",
        "claiming or writing.\n      for update",
        (f"{JOBS}::test_a_claim_waits_for_nobody",),
    ),
    Mutant(
        "one-person-takes-all-places",
        REPLIES,
        "and held.lease_until > now()\n      ) then",
        "and held.lease_until > now() and false\n      ) then",
        (f"{JOBS}::test_for_each_person_one_job_of_a_kind_is_done_at_a_time_in_their_order",),
    ),
    Mutant(
        "her-next-job-is-not-woken",
        REPLIES,
        "and next.attempts = 0 and next.run_at > now()",
        "and next.attempts = 0 and next.run_at < now()",
        (f"{JOBS}::test_for_each_person_one_job_of_a_kind_is_done_at_a_time_in_their_order",),
    ),
    Mutant(
        "a-held-job-is-claimed-again",
        REPLIES,
        "where due.kind = wanted and due.claimable_at <= now()",
        "where due.kind = wanted and due.run_at <= now()",
        (f"{JOBS}::test_a_job_is_claimed_once_and_tells_ids_only",),
    ),
    Mutant(
        "a-claim-keeps-its-fence",
        REPLIES,
        "fence       = job.fence + 1,\n              lease_until",
        "fence       = job.fence,\n              lease_until",
        (f"{JOBS}::test_a_job_is_claimed_once_and_tells_ids_only",),
    ),
    Mutant(
        "who-is-locked-out-is-answered",
        REPLIES,
        "and person.is_active\n",
        "\n",
        (f"{JOBS}::test_nothing_is_done_for_who_is_locked_out_until_she_may_come_back",),
    ),
    Mutant(
        "who-is-locked-out-holds-everybody-up",
        REPLIES,
        "      where job.id = next_job.id;\n    end loop;",
        "      where false;\n    end loop;",
        (f"{JOBS}::test_jobs_of_who_is_locked_out_stand_in_nobodys_way",),
    ),
    Mutant(
        "a-cancelled-reply-keeps-its-job",
        REPLIES,
        "delete from private.jobs as job where job.kind = 'reply' and job.ref_id = new.id;",
        "",
        (f"{JOBS}::test_a_reply_that_ends_or_goes_takes_its_job_away",),
    ),
    Mutant(
        "a-message-has-two-replies",
        CHAT,
        "constraint messages_in_reply_to_key unique (user_id, in_reply_to),",
        "",
        (f"{ANSWERS}::test_a_message_has_one_reply_however_often_it_is_stored",),
    ),
    Mutant(
        "a-reply-answers-the-message-of-another",
        CHAT,
        """foreign key (in_reply_to, user_id)
    references public.messages (id, user_id) on delete cascade""",
        """foreign key (in_reply_to)
    references public.messages (id) on delete cascade""",
        (f"{ANSWERS}::test_a_reply_answers_nothing_of_another_person",),
    ),
    Mutant(
        "she-cancels-the-reply-of-another",
        REPLIES,
        """create function private.cancel_reply(message_id uuid) returns setof public.messages
  language plpgsql volatile set search_path = ''""",
        """create function private.cancel_reply(message_id uuid) returns setof public.messages
  language plpgsql volatile security definer set search_path = ''""",
        (f"{ANSWERS}::test_ben_does_nothing_to_anas_messages_and_learns_not_that_they_are_there",),
    ),
    Mutant(
        "any-message-of-hers-is-sent-anew",
        REPLIES,
        "and later.turn > said.turn and later.role = 'user'",
        "and later.turn > said.turn and later.role = 'system'",
        (f"{ANSWERS}::test_only_her_latest_message_is_sent_anew",),
    ),
    Mutant(
        "another-comes-between-while-she-sends-anew",
        REPLIES,
        """select message.conversation_id from public.messages as message where message.id = message_id
  )
  for no key update;""",
        """select message.conversation_id from public.messages as message where message.id = message_id
  );""",
        (f"{ANSWERS}::test_five_at_once_that_send_anew_leave_one_reply",),
    ),
    Mutant(
        "tokens-are-spent-by-everybody-together",
        REPLIES,
        "where usage.user_id = (select auth.uid())\n    and usage.hour",
        "where usage.hour",
        (f"{JOBS}::test_model_tokens_are_counted_by_person_and_hour",),
    ),
)

MUTANTS = (*EVENTS, *REPLYING)
