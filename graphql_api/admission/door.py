"""The door behind the token check, which every request passes."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from redis.asyncio import Redis

from graphql_api.admission.denials import Denials
from graphql_api.auth import Viewer
from graphql_api.errors import Unauthenticated
from graphql_api.session import Database, DatabaseError

# How long a session that was let in needs no word of Postgres; its last activity is kept to this.
KNOWN_SECONDS = 60.0
MAX_KNOWN = 50_000
MAX_USER_AGENT_CHARACTERS = 400
LAST_MOMENT = 32_503_680_000  # the year 3000

SIGNED_OUT = "You are signed out; sign in again."

ADMIT = "select private.admit_session($1, $2, 'api', $3, $4, $5)"
# For a token without a session, as other issuers than Supabase may make them: read as she may.
MAY_ENTER = """
select exists (
  select from public.users as person
  where person.id = (select auth.uid()) and person.is_active and person.deleted_at is null
)
"""


class Admission:
    """Lets viewers in, remembers whom it has met, and signs sessions out."""

    def __init__(
        self,
        database: Database,
        redis: Redis | None,
        *,
        watch: Database | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Ask `database`; hear and give hints through `redis`, None to do without.

        Args:
            database: asked about viewers.
            redis: carries the hints.
            watch: read for the deny list, whatever else `database` is busy with; None is the same.
            clock: seconds that never go back.
        """
        self._database = database
        self._clock = clock
        # When each session (None: a token without one) was last let in by Postgres.
        self._known: OrderedDict[tuple[UUID, UUID | None], float] = OrderedDict()
        self.denials = Denials(watch or database, redis, on_user_denied=self._forget, clock=clock)

    async def start(self) -> None:
        """Begin to keep the deny list fresh."""
        await self.denials.start()

    async def stop(self) -> None:
        """End what `start` began."""
        await self.denials.stop()

    async def admit(self, viewer: Viewer, *, user_agent: str | None, ip: str | None) -> None:
        """Let `viewer` in, or not; to be asked at each request.

        Raises:
            Unauthenticated: her session was ended, or her tokens of that time are void.
            Unavailable: nobody can tell just now.
        """
        if viewer.user_id is None:
            return
        await self.denials.be_fresh()
        if self.denials.has(viewer):
            raise Unauthenticated(SIGNED_OUT)
        key = (viewer.user_id, viewer.session_id)
        met_at = self._known.get(key)
        if met_at is None or self._clock() - met_at >= KNOWN_SECONDS:
            await self._meet(viewer, key, user_agent, ip)

    async def end_session(self, viewer: Viewer, session_id: UUID) -> None:
        """Sign one of the viewer's own sessions out: here at once, elsewhere with hint or poll.

        Raises:
            NotFound: no such session of hers.
            Unavailable, Timeout: nothing was changed.
        """
        try:
            async with self._database.transaction(viewer, role="cairn_server") as transaction:
                await transaction.execute("select private.end_session($1)", session_id)
        except DatabaseError as error:
            raise error.api_error from error
        await self.denials.add_session(session_id)

    async def _meet(
        self,
        viewer: Viewer,
        key: tuple[UUID, UUID | None],
        user_agent: str | None,
        ip: str | None,
    ) -> None:
        """At first sight in this process, and then once a minute, ask Postgres, and be recorded."""
        asked_at = self._clock()
        try:
            admitted = await self._ask(viewer, user_agent, ip)
        except DatabaseError as error:
            raise error.api_error from error
        # She may have signed out while Postgres answered.
        if not admitted or self.denials.has(viewer):
            self._known.pop(key, None)
            raise Unauthenticated(SIGNED_OUT)
        self._known[key] = asked_at
        self._known.move_to_end(key)
        while len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)

    async def _ask(self, viewer: Viewer, user_agent: str | None, ip: str | None) -> bool:
        if viewer.session_id is None:
            async with self._database.transaction(viewer, read_only=True) as transaction:
                return bool(await transaction.value(MAY_ENTER))
        async with self._database.transaction(viewer, role="cairn_server") as transaction:
            return bool(
                await transaction.value(
                    ADMIT,
                    viewer.session_id,
                    _moment(viewer.expires_at),
                    _printable(user_agent),
                    _address(ip),
                    _moment(viewer.issued_at),
                )
            )

    def _forget(self, users: set[UUID]) -> None:
        """Ask again about users who were denied: a newer token of an old session does not count."""
        for key in [key for key in self._known if key[0] in users] if users else ():
            del self._known[key]


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
