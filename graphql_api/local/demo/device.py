"""A device of the demo: asks over HTTP, listens over a WebSocket, and comes back after a loss."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2

from graphql_api.local.demo.held import CONVERSATION, UNDER_WAY, VIEWER, Held
from graphql_api.local.demo.operations import CONVERSATION_EVENTS, MESSAGE_STREAM, VIEWER_EVENTS
from graphql_api.local.demo.socket import Closed, Socket, open_socket
from graphql_api.local.demo.view import View
from graphql_api.local.people import PEOPLE, TOKEN_LIFETIME, sign_token
from graphql_api.local.process import Problem

# How long anything that must come is waited for; a model may take its time.
PATIENCE_SECONDS = 60.0


class Device:
    """One device of one person.

    Attributes:
        name: for people, such as `Ana's phone`.
        person: `ana` or `ben`.
        session_id: of the sign-in on this device.
        held: what it was told.
        is_online: whether its socket is open.
        token_ends_at: of the newest token, in seconds since 1970.
        conversation_id: of the conversation that is open on it.
    """

    def __init__(
        self, name: str, person: str, url: str, client: httpx2.AsyncClient, secret: str, view: View
    ) -> None:
        """Make a device that is not connected yet.

        Args:
            name: for people.
            person: whose it is.
            url: of the API.
            client: speaks HTTP.
            secret: signs its tokens.
            view: is told what happens.
        """
        self.name = name
        self.person = person
        self.session_id = uuid4()
        self.held = Held()
        self.is_online = False
        self.token_ends_at = 0
        self.conversation_id: UUID | None = None
        self._url = url
        self._client = client
        self._secret = secret
        self._view = view
        self._token = ""
        self._socket: Socket | None = None
        self._listening: asyncio.Task[None] | None = None
        # What is open, and is asked again after a loss: query and variables by name.
        self._subscriptions: dict[str, tuple[str, dict[str, Any]]] = {VIEWER: (VIEWER_EVENTS, {})}
        self._fault: Exception | None = None
        self._changed = asyncio.Event()

    @property
    def user_id(self) -> UUID:
        """Whose it is."""
        return PEOPLE[self.person]

    @property
    def title(self) -> str:
        """Of the open conversation, as it was told last; empty before."""
        card = self.held.cards.get(str(self.conversation_id))
        return "" if card is None else card.title or ""

    # Tokens and the network ---------------------------------------------------------------------

    def sign_in(self, lifetime: timedelta = TOKEN_LIFETIME) -> None:
        """Get a fresh token, good for so long."""
        now = int(time.time())
        self._token = sign_token(
            self._secret, self.user_id, lifetime=lifetime, session_id=self.session_id
        )
        self.token_ends_at = now + int(lifetime.total_seconds())

    async def knock(self) -> Closed | None:
        """Try the token there is, and leave again; give how the server refuses it, if it does."""
        try:
            socket = await open_socket(self._url, self._token)
        except Closed as closed:
            return closed
        await socket.close()
        return None

    async def connect(self) -> None:
        """Open a socket with the token there is; go on behind the newest cursors.

        Raises:
            Problem: the server does not let it in.
        """
        try:
            self._socket = await open_socket(self._url, self._token)
        except Closed as closed:
            raise Problem(f"The server does not let {self.name} in: {closed}.") from None
        self.is_online = True
        self._fault = None
        self.held.caught_up.clear()
        for name in list(self._subscriptions):
            await self._subscribe(name)
        self._listening = asyncio.create_task(self._listen(self._socket))

    async def renew(self, lifetime: timedelta) -> None:
        """Hand in a fresh token on the open socket.

        Raises:
            Closed: the server has closed the socket.
        """
        self.sign_in(lifetime)
        if self._socket is not None:
            await self._socket.renew(self._token)

    def lose_network(self) -> None:
        """Tear the socket off; nobody is told."""
        if self._socket is not None:
            self._socket.tear()
        self._stop_listening()

    async def leave(self) -> None:
        """Close the socket; harmless when there is none."""
        self._stop_listening()
        if self._socket is not None:
            await self._socket.close()

    def _stop_listening(self) -> None:
        self.is_online = False
        if self._listening is not None:
            self._listening.cancel()

    # Asking -------------------------------------------------------------------------------------

    async def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """Call the API over HTTP; give the whole response."""
        response = await self._client.post(
            f"{self._url}/graphql",
            json={"query": query, "variables": {k: str(v) for k, v in variables.items()}},
            headers={"Authorization": f"Bearer {self._token}"},
        )
        body: dict[str, Any] = response.json()
        return body

    async def get(self, query: str, **variables: object) -> Any:
        """Call the API over HTTP; give the data.

        Raises:
            Problem: it answered with an error.
        """
        body = await self.ask(query, **variables)
        if "errors" in body:
            raise Problem(f"The API refused {self.name}: {body['errors'][0]['message']}")
        return body["data"]

    # Listening ----------------------------------------------------------------------------------

    async def open(self, conversation_id: UUID, after: str) -> None:
        """Listen to a conversation, from the event behind `after` on."""
        self.conversation_id = conversation_id
        variables = {"conversationId": str(conversation_id)}
        self.held.cursors[CONVERSATION] = after
        self._subscriptions[CONVERSATION] = (CONVERSATION_EVENTS, variables)
        await self._subscribe(CONVERSATION)

    async def until(self, condition: Callable[[Device], bool], what: str) -> None:
        """Wait until a condition holds.

        Args:
            condition: of this device, looked at after whatever it is told.
            what: is waited for, for people.

        Raises:
            Problem: it does not come.
        """
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not condition(self):
                    if self._fault is not None:
                        raise self._fault
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise Problem(f"{self.name} waited {PATIENCE_SECONDS:.0f} s in vain: {what}.") from None

    async def _subscribe(self, name: str) -> None:
        query, variables = self._subscriptions[name]
        if self._socket is not None:
            cursor = self.held.cursors.get(name)
            await self._socket.subscribe(name, query, {**variables, "after": cursor})

    async def _listen(self, socket: Socket) -> None:
        try:
            async for message in socket.messages():
                await self._take(message)
                self._changed.set()
        except Closed as closed:
            self.is_online = False
            self._fault = Problem(f"The server closed {self.name}'s socket: {closed}.")
        except Exception as error:  # whoever waits is told
            self._fault = error
        finally:
            self._changed.set()

    async def _take(self, message: dict[str, Any]) -> None:
        name = str(message.get("id"))
        match message["type"]:
            case "next":
                payload = message["payload"]
                if payload.get("errors"):
                    raise Problem(f"{self.name} was refused: {payload['errors'][0]['message']}")
                (event,) = payload["data"].values()
                await self.hear(name, event)
            case "error":
                raise Problem(f"{self.name} was refused: {message['payload'][0]['message']}")
            case "complete":
                self._subscriptions.pop(name, None)
            case "ping" if self._socket is not None:
                await self._socket.send({"type": "pong"})
            case "pong" if "authorization" in message.get("payload", {}):
                self._note_renewal(message["payload"]["authorization"])

    async def hear(self, name: str, event: dict[str, Any]) -> None:
        """Take in one event of the subscription `name`, and listen to a reply that begins."""
        title = self.title
        self.held.take(name, event)
        self._tell(event)
        if title and self.title != title:
            self._view.note(self, f"the conversation is now called “{self.title}”")
        message = event.get("message")
        if (
            message is not None
            and message["state"] in UNDER_WAY
            and message["id"] not in self._subscriptions
        ):
            self._subscriptions[message["id"]] = (MESSAGE_STREAM, {"messageId": message["id"]})
            await self._subscribe(message["id"])

    def _note_renewal(self, answer: str) -> None:
        if answer != "accepted":
            raise Problem(f"{self.name}'s fresh token was {answer}.")
        self._view.note(self, "the fresh token is taken, on the open socket")

    def _tell(self, event: dict[str, Any]) -> None:
        """Show what the event brings that was not shown already."""
        match event["__typename"]:
            case "MessageChanged" if event["message"]["role"] == "USER":
                self._view.said(self, self.person.capitalize(), event["message"]["content"])
            case "MessageChanged" if event["message"]["id"] not in self._subscriptions:
                message = event["message"]
                if message["state"] == "COMPLETE" and message["id"] not in self.held.streams:
                    self._view.said(self, "companion", message["content"])
            case "MessageText" | "MessageReplaced" if event["text"].strip():
                self._view.said(self, "companion", event["text"].strip())
