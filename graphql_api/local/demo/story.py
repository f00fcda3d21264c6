"""The story of the demo, scene by scene, and nothing in it is staged but the lines."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg

from graphql_api.local import script
from graphql_api.local.demo.device import Device
from graphql_api.local.demo.held import CONVERSATION, VIEWER
from graphql_api.local.demo.operations import SEND, START
from graphql_api.local.demo.view import View
from graphql_api.local.process import Problem

# At reading speed, and for who does not wait for it.
SLOW_TOKEN = timedelta(seconds=6)
QUICK_TOKEN = timedelta(seconds=3)
KNOCK_SECONDS = 0.25
# A token that is still good so long after its end was never refused.
KNOCKING_SECONDS = 30.0
SETTLING_SECONDS = 5.0

HEAD = "select seq from public.live_heads where user_id = $1"
NEWEST = "select coalesce(max(seq), 0) from public.live_events where conversation_id = $1"
RENAME = "update public.conversations set title = $2 where id = $1"


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays.

    Attributes:
        phone: Ana's, which loses its network and its token.
        laptop: Ana's other device.
        bens: Ben's phone.
    """

    phone: Device
    laptop: Device
    bens: Device

    @property
    def devices(self) -> tuple[Device, Device, Device]:
        """All, from left to right."""
        return (self.phone, self.laptop, self.bens)

    @property
    def pairs(self) -> tuple[tuple[Device, Device], ...]:
        """Each device, and one of the other person's."""
        return ((self.phone, self.bens), (self.laptop, self.bens), (self.bens, self.phone))


class Story:
    """Plays the demo once.

    Attributes:
        begun: the conversations that it has begun.
        heads: the number of each person's newest event before it.
        heard_before_loss: characters of the answer that the phone had, when it was cut off.
        missed: events that the phone was told on its return.
    """

    def __init__(
        self,
        cast: Cast,
        view: View,
        owner: asyncpg.Connection,
        *,
        grace: timedelta,
        is_slow: bool,
    ) -> None:
        """Prepare.

        Args:
            cast: devices that are not connected yet.
            view: shows what happens.
            owner: the database, as whoever works in its dashboard.
            grace: how long after its end the server takes a token.
            is_slow: whether a person reads along.
        """
        self.begun: list[UUID] = []
        self.heads: dict[UUID, int] = {}
        self.heard_before_loss = 0
        self.missed = 0
        self._cast = cast
        self._view = view
        self._owner = owner
        self._grace_seconds = grace.total_seconds()
        self._short = SLOW_TOKEN if is_slow else QUICK_TOKEN

    async def play(self) -> None:
        """Play it all.

        Raises:
            Problem: something that must come did not come.
        """
        await self._connect()
        await self._begin()
        await self._both_hear_an_answer()
        reply = await self._lose_the_network()
        await self._go_on_without_the_phone(reply)
        await self._come_back(reply)
        await self._change_a_row()
        await self._settle()

    async def _connect(self) -> None:
        self._view.narrate(
            "Three devices, each with a token of its own: two of Ana's, one of Ben's."
        )
        for device in self._cast.devices:
            head = await self._owner.fetchval(HEAD, device.user_id)
            self.heads.setdefault(device.user_id, int(head or 0))
            device.sign_in()
            await device.connect()
            self._view.note(device, "listens")
        for device in self._cast.devices:
            await device.until(lambda one: VIEWER in one.held.caught_up, "to be let in")
        await self._view.leave_time(2)

    async def _begin(self) -> None:
        phone, laptop, bens = self._cast.devices
        self._view.narrate("Ana begins a conversation on her phone; her laptop is told of it.")
        await self._start(phone, script.ANAS_TITLE)
        await self._start(bens, script.BENS_TITLE)
        talk = phone.conversation_id
        await laptop.until(
            lambda one: str(talk) in one.held.cards, "the conversation that her phone began"
        )
        self._view.note(laptop, "is told of a new conversation, and opens it")
        await self._open(laptop, talk)
        await self._view.leave_time(2)

    async def _both_hear_an_answer(self) -> None:
        phone, laptop, bens = self._cast.devices
        self._view.narrate(
            "The answers are written by a worker, and reach both of Ana's devices sentence by sentence."
        )
        reply, bens_reply = await asyncio.gather(
            self._say(phone, script.ANA_BEGINS), self._say(bens, script.BEN_BEGINS)
        )
        await self._heard(reply, phone, laptop)
        await self._heard(bens_reply, bens)
        await self._view.leave_time(4)

    async def _lose_the_network(self) -> str:
        """Cut the phone off in the middle of an answer; give the reply's id."""
        phone = self._cast.phone
        self._view.narrate(
            f"Ana's phone gets a token that ends in {self._short.seconds} seconds, and she asks on."
        )
        await phone.renew(self._short)
        reply = await self._say(phone, script.ANA_IS_CUT_OFF)
        await phone.until(
            lambda one: bool(_text(one, reply)) or one.held.has_whole(reply) or not one.is_online,
            "the beginning of an answer",
        )
        phone.lose_network()
        self.heard_before_loss = len(_text(phone, reply))
        self._view.note(phone, f"its socket is torn off, after {self.heard_before_loss} characters")
        self._view.narrate(
            "In the middle of the answer Ana's phone loses its network. The answer goes on without it."
        )
        return reply

    async def _go_on_without_the_phone(self, reply: str) -> None:
        _, laptop, bens = self._cast.devices
        await self._heard(reply, laptop)
        await self._view.leave_time(3)
        self._view.narrate(
            "Ana goes on with her laptop. Her phone hears nothing of it, nor does Ben."
        )
        next_reply, bens_reply = await asyncio.gather(
            self._say(laptop, script.ANA_GOES_ON), self._say(bens, script.BEN_GOES_ON)
        )
        await self._heard(next_reply, laptop)
        await self._heard(bens_reply, bens)
        await self._view.leave_time(3)

    async def _come_back(self, reply: str) -> None:
        phone = self._cast.phone
        self._view.narrate("The phone finds its network again, but meanwhile its token has ended.")
        await asyncio.sleep(phone.token_ends_at + self._grace_seconds - time.time())
        refused = await self._knock(phone)
        self._view.note(phone, f"refused: {refused}")
        await self._view.leave_time(3)
        self._view.narrate(
            "With a fresh token, and the cursors that it kept, it is told what it missed."
        )
        before = phone.held.events
        phone.sign_in()
        await phone.connect()
        await phone.until(
            lambda one: {VIEWER, CONVERSATION} <= one.held.caught_up and one.held.has_whole(reply),
            "to be told what it missed",
        )
        self.missed = phone.held.events - before
        rest = len(_text(phone, reply)) - self.heard_before_loss
        self._view.note(
            phone, f"{self.missed} events later, and the answer's last {rest} characters"
        )
        await self._view.leave_time(5)

    async def _knock(self, phone: Device) -> str:
        """Try the token that has ended, until the server refuses it, too; give its words."""
        for _ in range(int(KNOCKING_SECONDS / KNOCK_SECONDS)):
            refused = await phone.knock()
            if refused is not None:
                return str(refused)
            await asyncio.sleep(KNOCK_SECONDS)
        raise Problem(f"A token that has ended is still good after {KNOCKING_SECONDS:.0f} s.")

    async def _change_a_row(self) -> None:
        phone, laptop, _ = self._cast.devices
        self._view.narrate(
            "Somebody changes the title by plain SQL, as in the dashboard: that is as live as the rest."
        )
        await self._view.leave_time(1)
        await self._owner.execute(RENAME, phone.conversation_id, script.ANAS_NEW_TITLE)
        for device in (phone, laptop):
            await device.until(
                lambda one: one.title == script.ANAS_NEW_TITLE,
                "the title that was changed by SQL",
            )
        await self._view.leave_time(4)

    async def _settle(self) -> None:
        """Let every device come to the newest event, unless that is what it has lost."""
        for device in self._cast.devices:
            newest = await self._owner.fetchval(NEWEST, device.conversation_id)
            for _ in range(int(SETTLING_SECONDS / KNOCK_SECONDS)):
                if device.held.has_come_to(newest):
                    break
                await asyncio.sleep(KNOCK_SECONDS)

    # What people do -----------------------------------------------------------------------------

    async def _start(self, device: Device, title: str) -> None:
        begun = await device.get(START, title=title)
        conversation_id = UUID(begun["startConversation"]["id"])
        self.begun.append(conversation_id)
        await self._open(device, conversation_id)

    async def _open(self, device: Device, conversation_id: UUID | None) -> None:
        if conversation_id is None:
            raise Problem("The conversation has not begun.")
        await device.open(conversation_id, after=str(self.heads[device.user_id]))

    async def _say(self, device: Device, text: str) -> str:
        """Send a message; give the id of the reply to it."""
        sent = await device.get(SEND, conversationId=device.conversation_id, content=text)
        return str(sent["sendMessage"]["reply"]["id"])

    async def _heard(self, reply: str, *devices: Device) -> None:
        """Wait until these devices have the whole of a reply.

        Raises:
            Problem: it has failed.
        """
        for device in devices:
            await device.until(lambda one: one.held.has_whole(reply), "the end of an answer")
            state = device.held.messages[reply].state
            if state != "COMPLETE":
                raise Problem(
                    f"The companion gave no answer: its reply is {state.lower()}. `cairn dev` logs why."
                )


def _text(device: Device, reply: str) -> str:
    """Give what a device has heard of a reply while it was written."""
    stream = device.held.streams.get(reply)
    return "" if stream is None else stream.text
