"""The chat page, its scripts, and the tokens that it signs in with; none of it in production."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from graphql_api.errors import ApiError, BadInput, Forbidden
from graphql_api.http.page import ForeignHost, is_of_this_machine

# So short that a page has to renew them while somebody looks at it.
LONGEST_TOKEN = timedelta(minutes=2)
SHORTEST_TOKEN = timedelta(seconds=5)

MEDIA_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
MEDIA_TYPES |= {".svg": "image/svg+xml"}
LOOPBACK = frozenset({"127.0.0.1", "::1"})

# Everything from here, nothing inline, no markup made by scripts. It frames itself: two devices.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self';"
    " require-trusted-types-for 'script'"
)
PAGE_HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
}
ASSET_HEADERS = {
    "cache-control": "public, max-age=31536000, immutable",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
}

Sign = Callable[[str, timedelta], str]


class ChatPage:
    """The page, made once. It signs anybody in, so it answers this machine only."""

    def __init__(self, people: Collection[str], sign: Sign, *, companion: str) -> None:
        """Read the page.

        Args:
            people: the names that one may sign in by.
            sign: gives a token for one of them, which lives that long.
            companion: who answers, in words that follow "Its companion is".
        """
        self._people = people
        self._sign = sign
        self._assets = dict(_read(files("graphql_api.http.chat").joinpath("assets")))
        digest = hashlib.sha256(b"".join(self._assets.values())).hexdigest()[:12]
        self._folder = f"/chat/{digest}"  # so that a browser may keep what is in it for good
        given = {"{assets}": self._folder, "{companion}": escape(companion)}
        self._one = _filled(self._assets.pop("index.html"), given)
        self._two = _filled(self._assets.pop("beside.html"), given)

    def routes(self) -> list[Route]:
        """Give the routes of the page, its parts, and its tokens."""
        return [
            Route("/", self._page, methods=["GET"]),
            Route(f"{self._folder}/{{name:path}}", self._asset, methods=["GET"]),
            Route("/development/token", self._token, methods=["POST"]),
        ]

    async def _page(self, request: Request) -> Response:
        try:
            _check_place(request)
        except ApiError as error:
            return _refusal(error)
        beside = request.query_params.get("side") == "by-side"
        return Response(
            self._two if beside else self._one, media_type="text/html", headers=PAGE_HEADERS
        )

    async def _asset(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._assets:
            return Response(status_code=404)
        return Response(self._assets[name], media_type=_media_type(name), headers=ASSET_HEADERS)

    async def _token(self, request: Request) -> Response:
        """Sign `who` in for `seconds`, 5 to 120."""
        try:
            _check_place(request)
            _check_caller(request)
            who, lifetime = self._wanted(request.query_params)
        except ApiError as error:
            return _refusal(error)
        return JSONResponse(
            {
                "token": self._sign(who, lifetime),
                "expiresInSeconds": int(lifetime.total_seconds()),
            },
            headers={"cache-control": "no-store", "x-content-type-options": "nosniff"},
        )

    def _wanted(self, parameters: Mapping[str, str]) -> tuple[str, timedelta]:
        who = parameters.get("who", "")
        if who not in self._people:
            raise BadInput(f"`who` is one of: {', '.join(self._people)}.", field="who")
        seconds = parameters.get("seconds", str(int(LONGEST_TOKEN.total_seconds())))
        # At most three digits: `int` reads others than 0 to 9, and any number of them.
        if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 3):
            raise BadInput("`seconds` is a whole number.", field="seconds")
        lifetime = timedelta(seconds=int(seconds))
        if not SHORTEST_TOKEN <= lifetime <= LONGEST_TOKEN:
            raise BadInput("`seconds` is 5 to 120.", field="seconds")
        return who, lifetime


def _check_place(request: Request) -> None:
    """Answer only who came to this machine by its own name, from this machine.

    Raises:
        ForeignHost: asked for by another name, as after DNS rebinding or through a tunnel.
        Forbidden: it comes from another machine.
    """
    if not is_of_this_machine(request.headers.get("host", "")):
        raise ForeignHost
    if request.client is None or request.client.host not in LOOPBACK:
        raise Forbidden("This page is for the machine that it runs on.")


def _check_caller(request: Request) -> None:
    """Give no token to another site's page.

    Raises:
        Forbidden: a browser says that the request is another page's.
    """
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Forbidden("This is for pages of this server.")


def _refusal(error: ApiError) -> Response:
    body = {"errors": [{"message": error.message, "extensions": error.extensions}]}
    return JSONResponse(body, error.status, headers={"cache-control": "no-store"})


def _filled(document: bytes, given: Mapping[str, str]) -> bytes:
    for word, text in given.items():
        document = document.replace(word.encode(), text.encode())
    return document


def _read(folder: Traversable, within: str = "") -> list[tuple[str, bytes]]:
    """Give each file's path and content, in the order of their names."""
    found: list[tuple[str, bytes]] = []
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        name = f"{within}{entry.name}"
        if entry.is_dir():
            found.extend(_read(entry, f"{name}/"))
        elif _media_type(name) is not None:
            found.append((name, entry.read_bytes()))
    return found


def _media_type(name: str) -> str | None:
    return next((kind for end, kind in MEDIA_TYPES.items() if name.endswith(end)), None)
