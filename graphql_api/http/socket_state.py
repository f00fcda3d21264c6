"""Where one socket stands in graphql-transport-ws: what a message may mean just now. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Generic, TypeVar

from graphql_api.errors import RateLimited
from graphql_api.http.socket_messages import (
    INVALID_MESSAGE,
    Init,
    Message,
    Subscribe,
    Violation,
    read_message,
)

UNAUTHORIZED = 4401
FORBIDDEN = 4403
INIT_TIMEOUT = 4408
ID_IN_USE = 4409
SECOND_INIT = 4429

T = TypeVar("T")


class _Phase(Enum):
    NEW = auto()
    INITIATED = auto()
    READY = auto()


@dataclass(slots=True)
class _Open(Generic[T]):
    size_bytes: int
    work: T


class SocketState(Generic[T]):
    """The phase of a socket and its open operations, each with its work (a `T`) and its size."""

    def __init__(self, *, max_operations: int, max_bytes: int) -> None:
        """Begin before the first message.

        Args:
            max_operations: how many may be open at a time.
            max_bytes: of the messages that began them, together.
        """
        self._phase = _Phase.NEW
        self._open: dict[str, _Open[T]] = {}
        self._max_operations = max_operations
        self._max_bytes = max_bytes
        self._bytes = 0

    @property
    def is_new(self) -> bool:
        """Whether nobody asked to be let in so far."""
        return self._phase is _Phase.NEW

    @property
    def is_ready(self) -> bool:
        """Whether the client was let in."""
        return self._phase is _Phase.READY

    def receive(self, text: str | None) -> Message:
        """Read one message, and refuse one that may not come now.

        Args:
            text: of the frame; None for a binary one.

        Raises:
            Violation: the socket is to be closed.
        """
        if text is None:
            raise Violation(INVALID_MESSAGE, "Send text frames, not binary ones")
        message = read_message(text)
        if isinstance(message, Init):
            if not self.is_new:
                raise Violation(SECOND_INIT, "Too many initialisation requests")
            self._phase = _Phase.INITIATED
        elif isinstance(message, Subscribe):
            if not self.is_ready:
                raise Violation(UNAUTHORIZED, "Unauthorized")
            if message.id in self._open:
                raise Violation(ID_IN_USE, "Subscriber for this id already exists")
        return message

    def acknowledge(self) -> None:
        """Let the client begin operations."""
        self._phase = _Phase.READY

    def check_room(self, message: Subscribe) -> None:
        """Refuse an operation too many.

        Raises:
            RateLimited.
        """
        if len(self._open) >= self._max_operations:
            raise RateLimited(f"At most {self._max_operations} operations at a time on a socket.")
        if self._bytes + message.size_bytes > self._max_bytes:
            raise RateLimited("The open operations of this socket are too large together.")

    def begin(self, message: Subscribe, work: T) -> None:
        """Take an operation in."""
        self._open[message.id] = _Open(message.size_bytes, work)
        self._bytes += message.size_bytes

    def end(self, operation_id: str, work: T | None = None) -> T | None:
        """Forget an operation, so that its id can be used again, and give its work.

        Args:
            operation_id: what the client calls it; one that is not open is passed over.
            work: only if it is this one, and no later one of the same id.
        """
        found = self._open.get(operation_id)
        if found is None or (work is not None and found.work is not work):
            return None
        del self._open[operation_id]
        self._bytes -= found.size_bytes
        return found.work
