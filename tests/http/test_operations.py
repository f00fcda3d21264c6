"""Which operation of a document is run."""

from __future__ import annotations

from tests.fixtures.graphql import Caller

TWO = """
query Name { viewer { displayName } }
query Id { viewer { id } }
mutation Rename { updateViewer(input: {displayName: "Renamed"}) { displayName } }
"""


async def test_several_operations_without_a_name_are_refused_and_none_runs(ana: Caller) -> None:
    answer = await ana(TWO)

    assert (answer.status, answer.codes) == (400, ["BAD_INPUT"])
    assert "operationName" in answer.errors[0]["message"]
    assert "data" not in answer.body
    assert (await ana(TWO, operation_name="Name")).data["viewer"]["displayName"] != "Renamed"


async def test_the_operation_that_is_named_is_run(ana: Caller) -> None:
    answer = await ana(TWO, operation_name="Id")

    assert answer.data == {"viewer": {"id": str(ana.viewer.user_id)}}


async def test_a_name_that_no_operation_has_is_refused(ana: Caller) -> None:
    for document in (TWO, "query Only { viewer { id } }"):
        answer = await ana(document, operation_name="Other")

        assert (answer.status, answer.codes) == (400, ["BAD_INPUT"])
        assert "data" not in answer.body
