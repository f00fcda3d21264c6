"""The load: a few connections that ask, wait for the answer, and ask again.

A process of its own, of plain sockets and the standard library alone: on a machine with two cores
every microsecond that the client burns is taken from the servers (this costs about a third of what
an asyncio or Node client does). A job comes in as JSON on stdin, what was seen goes out on stdout.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from array import array
from collections.abc import Sequence
from itertools import cycle
from typing import TypedDict

RECEIVE_BYTES = 256 * 1024
LOOKED_AT_BYTES = 1500
STALLED_SECONDS = 30.0


class Job(TypedDict):
    """What to do.

    Attributes:
        requests: whole HTTP/1.1 requests, sent in this order, over and over.
        connections: how many ask at the same time.
        seconds: how long; answers that come later are waited for and not counted.
    """

    port: int
    requests: list[str]
    connections: int
    seconds: float


class Seen(TypedDict):
    """What was seen.

    Attributes:
        answers: how many came in time.
        seconds: from the first question to the last counted answer.
        median_ms, p99_ms: from the question's first byte to the answer's last.
        bytes: of a body, on average.
        client_ms: CPU of this process for one answer.
    """

    answers: int
    seconds: float
    median_ms: float
    p99_ms: float
    bytes: float
    client_ms: float


class BadAnswer(Exception):
    """A server refused or failed; the text is the answer's beginning."""


class Connection:
    """One connection with at most one question on its way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.asked_at = 0.0
        self.body_bytes = 0
        self._begin = b""
        self._received = 0
        self._whole = sys.maxsize

    def ask(self, request: bytes) -> None:
        """Send a question."""
        self._begin = b""
        self._received = 0
        self._whole = sys.maxsize
        self.asked_at = time.perf_counter()
        self.socket.sendall(request)

    def take(self, room: bytearray) -> bool:
        """Receive what has come, by way of `room`; tell whether the answer is whole.

        Raises:
            BadAnswer: it is not a good one.
        """
        size = self.socket.recv_into(room)
        if size == 0:
            raise BadAnswer("the server closed the connection")
        self._received += size
        if self._whole == sys.maxsize:
            # As little as possible is looked at: the head, and where errors would stand.
            self._begin += room[: min(size, LOOKED_AT_BYTES)]
            end = self._begin.find(b"\r\n\r\n")
            if end >= 0:
                self.body_bytes = _length(self._begin[:end])
                self._whole = end + 4 + self.body_bytes
        if self._received < self._whole:
            return False
        if not self._begin.startswith(b"HTTP/1.1 200 ") or b'"errors":' in self._begin:
            raise BadAnswer(self._begin.decode(errors="replace"))
        return True


def _length(head: bytes) -> int:
    lowered = head.lower()
    at = lowered.find(b"content-length:")
    if at < 0:
        raise BadAnswer("an answer without Content-Length")
    return int(lowered[at + 15 :].split(b"\r\n", 1)[0])


def run(job: Job) -> Seen:
    """Do a job.

    Raises:
        BadAnswer: a server refused or failed.
    """
    requests = cycle([request.encode() for request in job["requests"]])
    connections = [Connection(job["port"]) for _ in range(job["connections"])]
    took = array("d")
    total_bytes = 0
    room = bytearray(RECEIVE_BYTES)
    began, cpu = time.perf_counter(), time.process_time()
    ends = began + job["seconds"]
    now = began
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.ask(next(requests))
        waiting = len(connections)
        while waiting:
            ready = selector.select(STALLED_SECONDS)
            if not ready:
                raise BadAnswer(f"no answer for {STALLED_SECONDS:.0f} seconds")
            for key, _ in ready:
                connection = key.data
                if not connection.take(room):
                    continue
                answered_at = time.perf_counter()
                if answered_at > ends:
                    waiting -= 1
                    continue
                now = answered_at
                took.append(now - connection.asked_at)
                total_bytes += connection.body_bytes
                connection.ask(next(requests))
    cpu = time.process_time() - cpu
    for connection in connections:
        connection.socket.close()
    return _summary(took, now - began, total_bytes, cpu)


def _summary(took: Sequence[float], seconds: float, total_bytes: int, cpu: float) -> Seen:
    if not took:
        raise BadAnswer("no answer in time")
    ranked = sorted(took)
    return {
        "answers": len(ranked),
        "seconds": seconds,
        "median_ms": ranked[len(ranked) // 2] * 1000,
        "p99_ms": ranked[len(ranked) * 99 // 100] * 1000,
        "bytes": total_bytes / len(ranked),
        "client_ms": cpu / len(ranked) * 1000,
    }


if __name__ == "__main__":
    try:
        json.dump(run(json.load(sys.stdin)), sys.stdout)
    except BadAnswer as error:
        sys.exit(str(error))
