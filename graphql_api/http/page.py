"""GraphiQL at `GET /graphql`, in development only, from files in this package and no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graphql_api.errors import BadInput
from graphql_api.http.answers import Headers, HttpAnswer

# Part of the assets' URLs, so that a browser may keep them for good.
VERSION = "3.9.0"
ASSETS: Mapping[str, str] = {
    "react.production.min.js": "text/javascript",
    "react-dom.production.min.js": "text/javascript",
    "graphiql.min.js": "text/javascript",
    "graphiql.min.css": "text/css",
    "start.js": "text/javascript",
}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})

# Scripts from files of ours only. Styles may be inline: GraphiQL's dialogs lock scrolling by one.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src data:;"
    " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
PAGE_HEADERS: Headers = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
)

DOCUMENT = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Cairn · GraphiQL</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="{assets}/graphiql.min.css">
    <style>html, body, #graphiql {{ height: 100%; margin: 0 }}</style>
  </head>
  <body>
    <div id="graphiql"></div>
    <script type="application/json" id="cairn">{given}</script>
    <script src="{assets}/react.production.min.js"></script>
    <script src="{assets}/react-dom.production.min.js"></script>
    <script src="{assets}/graphiql.min.js"></script>
    <script src="{assets}/start.js"></script>
  </body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of GraphiQL, filled in advance; `variables` and `headers` are JSON texts."""

    query: str
    variables: str = "{}"
    headers: str = "{}"


class ForeignHost(BadInput):
    """Open this page as http://localhost or http://127.0.0.1."""

    status = 421


class Page:
    """The page, made once. It may carry a token, so it is shown to this machine only."""

    def __init__(self, tabs: Sequence[Tab]) -> None:
        """Open with `tabs`, the first of them in front."""
        given = orjson.dumps({"tabs": [asdict(tab) for tab in tabs]}).decode()
        self._body = DOCUMENT.format(
            assets=f"/graphiql/{VERSION}",
            # So that no text in it can end the element.
            given=given.replace("<", "\\u003c"),
        ).encode()

    def answer(self, headers: Mapping[bytes, bytes]) -> HttpAnswer:
        """Give the page.

        Raises:
            ForeignHost: asked for by another name, which another site may have pointed at this
                machine to read the token (DNS rebinding).
        """
        if not is_of_this_machine(headers.get(b"host", b"").decode("latin-1")):
            raise ForeignHost
        return HttpAnswer(200, "text/html", self._body, safe_headers=PAGE_HEADERS)


def is_of_this_machine(host: str) -> bool:
    """Tell whether a Host header, with or without a port, names the loopback interface."""
    host = host.lower()
    return host.rpartition(":")[0] in LOOPBACK or host in LOOPBACK


def asset_route() -> Route:
    """Give the route of the page's scripts and styles, read once."""
    folder = files("graphql_api.http").joinpath("graphiql")
    contents = {name: folder.joinpath(name).read_bytes() for name in ASSETS}

    async def asset(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in contents:
            return Response(status_code=404)
        return Response(
            contents[name],
            media_type=ASSETS[name],
            headers={
                "cache-control": "public, max-age=86400",
                "x-content-type-options": "nosniff",
            },
        )

    return Route(f"/graphiql/{VERSION}/{{name}}", asset, methods=["GET"])
