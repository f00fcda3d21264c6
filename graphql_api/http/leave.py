"""A viewer's leave to listen: it ends with her token, and when she is signed out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from graphql_api.auth import Viewer
from graphql_api.errors import Unauthenticated

TOKEN_EXPIRED = "Token expired"  # noqa: S105 - what a client is told
SIGNED_OUT = "Signed out"

# So long before the end a client is told that it needs a new token. A token that has less left
# when it comes is told of after half of that: a client whose tokens are short must not be told at once.
EXPIRING_SECONDS = 60.0
# A timer counts no seconds while a machine sleeps: the clock is looked at this often at least.
MAX_TIMER_SECONDS = 600.0


class Denies(Protocol):
    """What a leave needs of the deny list."""

    def has(self, viewer: Viewer) -> bool:
        """Tell whether `viewer` was shut out."""
        ...

    async def be_fresh(self) -> None:
        """Make sure that the list is not too old, or raise Unavailable."""
        ...


class Leave:
    """One viewer's leave, from the moment that she was admitted."""

    def __init__(
        self,
        viewer: Viewer,
        denials: Denies,
        *,
        leeway: timedelta,
        on_end: Callable[[str], None],
        on_expiring: Callable[[int], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Give `viewer` leave; `start` begins to watch over it.

        Args:
            viewer: who was admitted.
            denials: whom it ends for before its time.
            leeway: how long after the token's end it lasts, as for requests.
            on_end: told once why it has ended: `TOKEN_EXPIRED` or `SIGNED_OUT`.
            on_expiring: told when the token ends (seconds since 1970), a minute before; once
                for each token that lasts longer than those before it.
            clock: seconds since 1970.
        """
        self.viewer = viewer
        self._denials = denials
        self._leeway_seconds = leeway.total_seconds()
        self._on_end = on_end
        self._on_expiring = on_expiring
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None
        self._warn_at = self._new_warning()
        self._warned_of = 0

    def start(self) -> None:
        """Begin to watch the clock."""
        self._arm()

    def renew(self, viewer: Viewer) -> None:
        """Go on with a newer token of the same user."""
        if viewer.user_id != self.viewer.user_id:
            raise ValueError("a leave is one user's")
        self.viewer = viewer
        self._warn_at = self._new_warning()
        self._arm()

    def stop(self) -> None:
        """Watch no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def ending(self) -> str | None:
        """Say why it has ended; None while it lasts."""
        if self._denials.has(self.viewer):
            return SIGNED_OUT
        if self.viewer.expires_at is None:
            return None
        return TOKEN_EXPIRED if self._clock() >= self._end() else None

    def whose(self) -> Viewer:
        """Give the viewer as she is now.

        Raises:
            Unauthenticated: the leave has ended.
        """
        ending = self.ending()
        if ending is not None:
            raise Unauthenticated(ending)
        return self.viewer

    async def check(self) -> None:
        """Make sure that it still lasts, to be asked before anything is delivered.

        Raises:
            Unauthenticated: it has ended.
            Unavailable: nobody can tell just now.
        """
        await self._denials.be_fresh()
        self.whose()

    def look(self) -> None:
        """Look at the deny list and the clock again, and tell if the leave has ended."""
        ending = self.ending()
        if ending is not None:
            self.stop()
            self._on_end(ending)

    def _end(self) -> float:
        return (self.viewer.expires_at or 0) + self._leeway_seconds

    def _new_warning(self) -> float:
        expires_at = self.viewer.expires_at or 0
        left = max(expires_at - self._clock(), 0.0)
        return expires_at - (EXPIRING_SECONDS if left > EXPIRING_SECONDS else left / 2)

    @property
    def _is_to_warn(self) -> bool:
        return self._on_expiring is not None and self._warned_of < (self.viewer.expires_at or 0)

    def _arm(self) -> None:
        self.stop()
        if self.viewer.expires_at is None:
            return
        next_at = self._warn_at if self._is_to_warn else self._end()
        delay = min(max(next_at - self._clock(), 0.0), MAX_TIMER_SECONDS)
        self._timer = asyncio.get_running_loop().call_later(delay, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._on_expiring is not None and self._is_to_warn and self._clock() >= self._warn_at:
            self._warned_of = self.viewer.expires_at or 0
            self._on_expiring(self._warned_of)
        self.look()
        if self.ending() is None:
            self._arm()
