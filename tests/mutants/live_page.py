"""Sabotages of the chat page: it signs anybody in, and must do so on one machine in development."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

PAGE = "graphql_api/http/chat/page.py"
TESTS = "tests/http/test_chat_page.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "the-chat-page-answers-other-machines",
        PAGE,
        "    if request.client is None or request.client.host not in LOOPBACK:\n",
        "    if request.client is None:\n",
        (f"{TESTS}::test_the_page_and_its_tokens_are_not_for_another_machine",),
    ),
    Mutant(
        "the-chat-page-answers-by-any-name",
        PAGE,
        '    if not is_of_this_machine(request.headers.get("host", "")):\n',
        '    if "host" not in request.headers:\n',
        (f"{TESTS}::test_the_page_and_its_tokens_are_not_for_another_name",),
    ),
    Mutant(
        "another-sites-page-is-given-a-token",
        PAGE,
        "            _check_caller(request)\n",
        "",
        (f"{TESTS}::test_a_token_is_given_to_no_other_page",),
    ),
    Mutant(
        "a-token-of-the-chat-page-lives-as-long-as-asked",
        PAGE,
        "        if not SHORTEST_TOKEN <= lifetime <= LONGEST_TOKEN:\n",
        "        if lifetime < SHORTEST_TOKEN:\n",
        (f"{TESTS}::test_a_token_may_live_shorter_but_not_longer",),
    ),
)
