"""A client who goes away."""

from __future__ import annotations

import asyncio

import pytest

from graphql_api.auth import Viewer
from graphql_api.execution import GraphQLRequest
from graphql_api.responses import Answer
from tests.http.endpoint import Connection, Endpoint


class Slow:
    """An operation that runs until it is cancelled, and cleans up after itself."""

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.finish = asyncio.Event()
        self.clean_up = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.cleaned = False

    async def __call__(self, _viewer: Viewer, _request: GraphQLRequest) -> Answer:
        self.started.set()
        try:
            await self.finish.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            await self.clean_up.wait()
            self.cleaned = True
            raise
        return Answer(200, b'{"data":{}}', "query")


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def endpoint(slow: Slow) -> Endpoint:
    endpoint = Endpoint()
    endpoint.executor.run = slow
    return endpoint


def asking(endpoint: Endpoint) -> tuple[Connection, asyncio.Task[None]]:
    connection = Connection(endpoint.app)
    connection.body(b'{"query": "{ ok }"}')
    return connection, asyncio.create_task(connection.serve())


async def test_the_work_is_cancelled_and_its_clean_up_awaited(
    endpoint: Endpoint, slow: Slow
) -> None:
    connection, serving = asking(endpoint)
    await slow.started.wait()

    connection.disconnect()
    await slow.cancelled.wait()
    assert not serving.done()
    slow.clean_up.set()
    await serving

    assert slow.cleaned
    assert connection.sent == []
    assert 'status="gone"} 1.0' in endpoint.metrics.text().decode()


async def test_a_cancellation_from_elsewhere_stays_one(endpoint: Endpoint, slow: Slow) -> None:
    slow.clean_up.set()
    _, serving = asking(endpoint)
    await slow.started.wait()

    serving.cancel()

    with pytest.raises(asyncio.CancelledError):
        await serving
    assert slow.cleaned


async def test_a_cancellation_after_the_client_left_stays_one(
    endpoint: Endpoint, slow: Slow
) -> None:
    connection, serving = asking(endpoint)
    await slow.started.wait()
    connection.disconnect()
    await slow.cancelled.wait()

    serving.cancel()

    with pytest.raises(asyncio.CancelledError):
        await serving


async def test_the_cancellation_is_over_with_the_request(endpoint: Endpoint, slow: Slow) -> None:
    slow.clean_up.set()
    connection = Connection(endpoint.app)
    connection.body(b'{"query": "{ ok }"}')
    asyncio.get_running_loop().call_later(0.03, connection.disconnect)

    await connection.serve()

    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_work_that_ends_in_time_is_answered(endpoint: Endpoint, slow: Slow) -> None:
    connection, serving = asking(endpoint)
    await slow.started.wait()
    await asyncio.sleep(0.03)  # longer than the patience, so that the client is being watched

    slow.finish.set()
    await serving

    assert connection.status == 200
    assert not slow.cancelled.is_set()


async def test_nobody_watches_when_all_is_over(endpoint: Endpoint, slow: Slow) -> None:
    before = asyncio.all_tasks()
    _, serving = asking(endpoint)
    await slow.started.wait()
    await asyncio.sleep(0.03)
    slow.finish.set()
    await serving

    assert asyncio.all_tasks() <= before | {serving}


async def test_a_client_who_leaves_in_the_middle_of_her_request_runs_nothing(
    endpoint: Endpoint,
) -> None:
    connection = Connection(endpoint.app)
    connection.body(b'{"query": ', more=True)
    connection.disconnect()

    await connection.serve()

    assert connection.sent == []
    assert endpoint.executor.asked == []
