"""Sabotages of the demo, which must not call well what is not."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

PROOF = "graphql_api/local/demo/proof.py"
TESTS = "tests/local/test_demo.py"
NOTICING = "tests/local/test_demo_notices.py"
NOTICED = f"{NOTICING}::test_a_lost_event_and_one_told_to_the_wrong_person_are_noticed"
LEFT_OUT = f"{NOTICING}::test_it_is_legible_at_eighty_columns_and_notices_whatever_is_left_out_or_told_twice"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "the-demo-forgives-what-is-lost",
        PROOF,
        "(self.lost > 0, ",
        "(self.lost > 1, ",
        (NOTICED,),
    ),
    Mutant(
        "the-demo-forgives-a-leak",
        PROOF,
        "(self.of_others > 0, ",
        "(self.of_others > 1, ",
        (NOTICED,),
    ),
    Mutant(
        "the-demo-does-not-look-at-streamed-characters",
        PROOF,
        "return changes + characters",
        "return changes",
        (LEFT_OUT,),
    ),
    Mutant(
        "the-demo-takes-an-event-twice-in-silence",
        "graphql_api/local/demo/held.py",
        "self.doubled += 1",
        "self.doubled += 0",
        (LEFT_OUT,),
    ),
    Mutant(
        "the-demo-leaves-its-conversations-behind",
        "graphql_api/local/demo/stage.py",
        "            await owner.execute(FORGET, story.begun)\n",
        "",
        (f"{TESTS}::test_beside_dev_its_worker_answers_and_nothing_is_left_behind",),
    ),
)
