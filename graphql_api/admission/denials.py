"""The deny list: whose tokens are refused though they are valid.

A verified token stays good until it expires, whatever happened since: a sign-out, an erased
account, a ban. What ends earlier stands in `private.denials`, the truth. Each process keeps a copy
in memory, so that asking costs no round trip:

- a poll reads what is new every `POLL_SECONDS`; its numbers are in the order of commits, so that
  nothing is ever missed;
- a hint on Redis, which carries no data, makes the poll happen at once; without Redis nothing but
  that second is lost;
- when the last good poll is older than `STALE_SECONDS`, each request asks the table itself, and
  when that is impossible too, nobody with a token is let in.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from graphql_api.auth import Viewer
from graphql_api.ear import Ear, end
from graphql_api.errors import ApiError, Unavailable
from graphql_api.logs import whereabouts
from graphql_api.session import Database, DatabaseError

POLL_SECONDS = 1.0
STALE_SECONDS = 5.0
# Hints may come in a flood; the table is asked this often at most.
MIN_POLL_SECONDS = 0.05
REDIS_SECONDS = 1.0
CHANNEL = "cairn:denials"
# For a sign-out in this process, until the poll tells its true end.
OWN_DENIAL_SECONDS = 3600.0

NEWS = """
select seq, kind, subject,
       extract(epoch from denied_at)::float8, extract(epoch from expires_at)::float8
from private.denials_after($1)
"""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _UserDenial:
    """Tokens issued up to `denied_at` are void; not worth keeping after `until`. Epoch seconds."""

    denied_at: float
    until: float


class Denials:
    """This process's copy of the list, and what keeps it fresh."""

    def __init__(
        self,
        database: Database,
        redis: Redis | None,
        *,
        on_user_denied: Callable[[set[UUID]], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read the list of `database`; hear and give hints through `redis`, None to do without.

        Args:
            database: has the list.
            redis: carries the hints.
            on_user_denied: told of the users that a poll found denied.
            clock: seconds that never go back.
        """
        self._database = database
        self._redis = redis
        self._on_user_denied = on_user_denied
        self._clock = clock
        self._sessions: dict[UUID, float] = {}  # until when, epoch seconds
        self._users: dict[UUID, _UserDenial] = {}
        self._seen = 0
        self._polled_at: float | None = None
        self._polling = asyncio.Lock()
        self._hint = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._readable = True
        # Told whenever the copy has grown: whoever listens all day must be looked at again.
        self.on_denied: Callable[[], None] | None = None
        # A hint carries no data: whatever it says, the table is asked.
        self._ear: Ear | None = None
        if redis is not None:
            self._ear = Ear(
                redis, CHANNEL, on_begin=self._hint.set, on_message=lambda _: self._hint.set()
            )

    @property
    def hears_hints(self) -> bool:
        """Whether those of other processes arrive just now."""
        return self._ear is not None and self._ear.hears

    def __len__(self) -> int:
        """How many denials are in the copy."""
        return len(self._sessions) + len(self._users)

    async def start(self) -> None:
        """Read the list once (a failure is made good at the first request), then keep it fresh."""
        await self._try_poll()
        self._tasks.append(asyncio.create_task(self._keep_polling(), name="denials"))
        if self._ear is not None:
            self._tasks.append(asyncio.create_task(self._ear.listen(), name="denial hints"))

    async def stop(self) -> None:
        """End the tasks that `start` began."""
        await end(self._tasks)
        self._tasks = []

    def has(self, viewer: Viewer) -> bool:
        """Tell from the copy in memory whether `viewer` was shut out."""
        if viewer.session_id is not None and viewer.session_id in self._sessions:
            return True
        denial = None if viewer.user_id is None else self._users.get(viewer.user_id)
        # A token that does not say when it was issued may be from before.
        return denial is not None and (viewer.issued_at or 0) <= denial.denied_at

    async def be_fresh(self) -> None:
        """Ask the table when the copy is too old; requests that wait together ask together.

        Raises:
            Unavailable: the copy is too old and the table cannot be asked.
        """
        arrived_at = self._clock()
        if self._polled_at is not None and arrived_at - self._polled_at < STALE_SECONDS:
            return
        async with self._polling:
            if self._polled_at is not None and self._polled_at >= arrived_at:
                return
            try:
                await self._poll()
            except (ApiError, DatabaseError) as error:
                raise Unavailable(retry_after_seconds=POLL_SECONDS) from error

    async def add_session(self, session_id: UUID) -> None:
        """Add a session that was just ended, and hint at it; the table has it already."""
        self._sessions[session_id] = time.time() + OWN_DENIAL_SECONDS
        self._tell()
        if self._redis is None:
            return
        try:
            async with asyncio.timeout(REDIS_SECONDS):
                await self._redis.publish(CHANNEL, b"")
        except (RedisError, OSError, TimeoutError) as error:
            # Other processes learn of it from their next poll.
            log.warning("no hint could be given", reason=type(error).__name__)

    async def _poll(self) -> None:
        began_at = self._clock()
        async with self._database.transaction(
            None, role="cairn_server", read_only=True
        ) as transaction:
            rows = await transaction.rows(NEWS, self._seen)
        for seq, kind, subject, denied_at, until in rows:
            if kind == "session":
                self._sessions[subject] = until
            else:
                self._users[subject] = _UserDenial(denied_at, until)
            self._seen = seq
        self._on_user_denied({subject for _, kind, subject, *_ in rows if kind == "user"})
        self._polled_at = began_at
        if rows:
            self._tell()
        self._forget_expired()

    def _tell(self) -> None:
        if self.on_denied is not None:
            self.on_denied()

    def _forget_expired(self) -> None:
        now = time.time()
        for session_id in [one for one, until in self._sessions.items() if until < now]:
            del self._sessions[session_id]
        for user_id in [one for one, denial in self._users.items() if denial.until < now]:
            del self._users[user_id]

    async def _try_poll(self) -> None:
        async with self._polling:
            try:
                await self._poll()
            except Exception as error:
                # Of any kind: a poll that ended here would leave sockets open that should close.
                if self._readable:
                    log.error("the deny list cannot be read", where=whereabouts(error))
                self._readable = False
                return
        if not self._readable:
            log.info("the deny list can be read again")
        self._readable = True

    async def _keep_polling(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._hint.wait()
            self._hint.clear()
            await self._try_poll()
            await asyncio.sleep(MIN_POLL_SECONDS)
