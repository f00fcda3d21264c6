"""Who is let in: the deny list, asked at each request, and sessions seen for the first time.

A verified token stays good until it expires, whatever happened since: a sign-out, an erased
account, a changed role. What ends earlier stands in `private.denials`, the truth. Each process
keeps a copy in memory, so that asking costs no round trip:

- a poll reads what is new every `POLL_SECONDS`;
- a hint on Redis, which carries no data, makes the poll happen at once; without Redis nothing
  but that second is lost;
- when the last good poll is older than `STALE_SECONDS`, each request asks the table itself, and
  when that is impossible too, nobody with a token is let in.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from graphql_api.auth import Viewer
from graphql_api.errors import ApiError, Unauthenticated, Unavailable
from graphql_api.logs import whereabouts
from graphql_api.session import Database, DatabaseError

POLL_SECONDS = 1.0
STALE_SECONDS = 5.0
# Hints may come in a flood; the table is asked this often at most.
MIN_POLL_SECONDS = 0.05
REDIS_SECONDS = 1.0
REDIS_RETRY_SECONDS = 2.0
CHANNEL = "cairn:denials"
# How long a session that was let in needs no word of Postgres; its last activity is kept to this.
KNOWN_SECONDS = 60.0
MAX_KNOWN = 50_000
MAX_USER_AGENT_CHARACTERS = 400

SIGNED_OUT = "You are signed out; sign in again."

# Until the list itself tells; a poll then sets the true end.
OWN_DENIAL_SECONDS = 3600.0
LAST_MOMENT = 32_503_680_000  # the year 3000

NEWS = """
select seq, kind, subject,
       extract(epoch from denied_at)::float8, extract(epoch from expires_at)::float8
from private.denials_after($1)
"""
# For a token without a session, as other issuers than Supabase may make them: read as she may.
MAY_ENTER = """
select exists (
  select from public.users as person
  where person.id = (select auth.uid()) and person.is_active and person.deleted_at is null
)
"""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Denial:
    """Tokens issued up to `denied_at` are void; no longer worth keeping after `until` (epochs)."""

    denied_at: float
    until: float


class Admission:
    """The door behind the token check."""

    def __init__(
        self,
        database: Database,
        redis: Redis | None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Ask `database`; hear and give hints through `redis`, None to do without."""
        self._database = database
        self._redis = redis
        self._clock = clock
        self._denied_sessions: dict[UUID, float] = {}
        self._denied_users: dict[UUID, _Denial] = {}
        # When each session (None: a token without one) was last let in by Postgres.
        self._known: OrderedDict[tuple[UUID, UUID | None], float] = OrderedDict()
        self._after = 0
        self._polled_at: float | None = None
        self._polling = asyncio.Lock()
        self._hint = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._healthy = True

    async def start(self) -> None:
        """Read the list once (a failure is tried again at the first request), then keep it fresh."""
        await self._try_poll()
        self._tasks.append(asyncio.create_task(self._keep_polling(), name="denials"))
        if self._redis is not None:
            self._tasks.append(asyncio.create_task(self._keep_listening(), name="denial hints"))

    async def stop(self) -> None:
        """End the tasks that `start` began."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def admit(self, viewer: Viewer, *, user_agent: str | None, ip: str | None) -> None:
        """Let `viewer` in, or not; to be asked at each request.

        Raises:
            Unauthenticated: her session was ended, or her tokens of that time are void.
            Unavailable: nobody can tell just now.
        """
        if viewer.user_id is None:
            return
        if not self._is_fresh():
            await self._ask_table()
        if self.is_denied(viewer):
            raise Unauthenticated(SIGNED_OUT)
        await self._meet(viewer, (viewer.user_id, viewer.session_id), user_agent, ip)

    def is_denied(self, viewer: Viewer) -> bool:
        """Tell from the copy in memory whether `viewer` was shut out; for each delivery."""
        if viewer.session_id is not None and viewer.session_id in self._denied_sessions:
            return True
        if viewer.user_id is None:
            return False
        denial = self._denied_users.get(viewer.user_id)
        # A token that does not say when it was issued may be from before.
        return denial is not None and (viewer.issued_at or 0) <= denial.denied_at

    async def end_session(self, viewer: Viewer, session_id: UUID) -> None:
        """Sign one of the viewer's own sessions out: here at once, elsewhere with the hint or poll.

        Raises:
            NotFound: no such session of hers.
            Unavailable, Timeout: nothing was changed.
        """
        try:
            async with self._database.transaction(viewer, role="cairn_server") as transaction:
                await transaction.execute("select private.end_session($1)", session_id)
        except DatabaseError as error:
            raise error.api_error from error
        self._denied_sessions[session_id] = time.time() + OWN_DENIAL_SECONDS
        await self._give_hint()

    async def _meet(
        self,
        viewer: Viewer,
        key: tuple[UUID, UUID | None],
        user_agent: str | None,
        ip: str | None,
    ) -> None:
        """At first sight in this process, and then once a minute, ask Postgres and be written down."""
        met_at = self._known.get(key)
        if met_at is not None and self._clock() - met_at < KNOWN_SECONDS:
            return
        asked_at = self._clock()
        try:
            admitted = await self._ask_postgres(viewer, user_agent, ip)
        except DatabaseError as error:
            raise error.api_error from error
        # She may have signed out while Postgres answered.
        if not admitted or self.is_denied(viewer):
            self._known.pop(key, None)
            raise Unauthenticated(SIGNED_OUT)
        self._known[key] = asked_at
        self._known.move_to_end(key)
        while len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)

    async def _ask_postgres(self, viewer: Viewer, user_agent: str | None, ip: str | None) -> bool:
        if viewer.session_id is None:
            async with self._database.transaction(viewer, read_only=True) as transaction:
                return bool(await transaction.value(MAY_ENTER))
        async with self._database.transaction(viewer, role="cairn_server") as transaction:
            return bool(
                await transaction.value(
                    "select private.admit_session($1, $2, 'api', $3, $4, $5)",
                    viewer.session_id,
                    _moment(viewer.expires_at),
                    _printable(user_agent),
                    _address(ip),
                    _moment(viewer.issued_at),
                )
            )

    # The copy of the list -------------------------------------------------------------------

    def _is_fresh(self) -> bool:
        return self._polled_at is not None and self._clock() - self._polled_at < STALE_SECONDS

    async def _ask_table(self) -> None:
        """Poll for a request; requests that wait together share the poll that began after them."""
        arrived_at = self._clock()
        async with self._polling:
            if self._polled_at is not None and self._polled_at >= arrived_at:
                return
            try:
                await self._poll()
            except (ApiError, DatabaseError) as error:
                raise Unavailable(retry_after_seconds=POLL_SECONDS) from error

    async def _try_poll(self) -> None:
        async with self._polling:
            try:
                await self._poll()
            except (ApiError, DatabaseError) as error:
                if self._healthy:
                    log.error("the deny list cannot be read", where=whereabouts(error))
                self._healthy = False
                return
        if not self._healthy:
            log.info("the deny list can be read again")
        self._healthy = True

    async def _poll(self) -> None:
        began_at = self._clock()
        async with self._database.transaction(
            None, role="cairn_server", read_only=True
        ) as transaction:
            rows = await transaction.rows(NEWS, self._after)
        for seq, kind, subject, denied_at, expires_at in rows:
            if kind == "session":
                self._denied_sessions[subject] = expires_at
            else:
                self._denied_users[subject] = _Denial(denied_at, expires_at)
            self._after = seq
        users = {subject for _, kind, subject, *_ in rows if kind == "user"}
        # A newer token of the same session must be asked about again.
        for key in [key for key in self._known if key[0] in users] if users else ():
            del self._known[key]
        self._polled_at = began_at
        self._forget_expired()

    def _forget_expired(self) -> None:
        now = time.time()
        for session_id in [key for key, until in self._denied_sessions.items() if until < now]:
            del self._denied_sessions[session_id]
        for user_id in [key for key, denial in self._denied_users.items() if denial.until < now]:
            del self._denied_users[user_id]

    async def _keep_polling(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._hint.wait()
            self._hint.clear()
            await self._try_poll()
            await asyncio.sleep(MIN_POLL_SECONDS)

    # Hints ----------------------------------------------------------------------------------

    async def _give_hint(self) -> None:
        if self._redis is None:
            return
        try:
            async with asyncio.timeout(REDIS_SECONDS):
                await self._redis.publish(CHANNEL, b"")
        except (RedisError, OSError, TimeoutError) as error:
            # Other processes learn of it from their next poll.
            log.warning("no hint could be given", reason=type(error).__name__)

    async def _keep_listening(self) -> None:
        connected = True
        while True:
            try:
                await self._listen()
            except (RedisError, OSError) as error:
                if connected:
                    log.warning("hints cannot be heard", reason=type(error).__name__)
                connected = False
            else:
                connected = True
            await asyncio.sleep(REDIS_RETRY_SECONDS)

    async def _listen(self) -> None:
        if self._redis is None:
            return
        async with self._redis.pubsub(ignore_subscribe_messages=True) as channel:
            await channel.subscribe(CHANNEL)
            # What was said while nobody listened.
            self._hint.set()
            async for _ in channel.listen():
                self._hint.set()


def _printable(user_agent: str | None) -> str | None:
    if user_agent is None:
        return None
    kept = "".join(character for character in user_agent if character.isprintable())
    return kept[:MAX_USER_AGENT_CHARACTERS] or None


def _address(ip: str | None) -> str | None:
    try:
        return str(ipaddress.ip_address(ip)) if ip else None
    except ValueError:
        return None


def _moment(epoch_seconds: int | None) -> datetime | None:
    """Give a time that Postgres and Python can hold, however far away the token's is."""
    if epoch_seconds is None:
        return None
    return datetime.fromtimestamp(min(max(epoch_seconds, 0), LAST_MOMENT), UTC)
