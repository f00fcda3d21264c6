"""The chat page in a real browser: what is said arrives everywhere, once, whatever breaks."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal

from graphql_api import migrations
from graphql_api.local.process import Account, Child
from tests.judges import node
from tests.judges.clients import passed
from tests.judges.ground import Ground, serve
from tests.judges.judge import Judge, Objection

SCRIPTS = node.FOLDER / "chromium"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_SECONDS = 300.0


def _browser() -> str:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise Objection("There is no Chromium. On Debian and Ubuntu: apt install chromium.")
    return found


async def browser(ground: Ground) -> str:
    """Everything that a person does on the page holds, and axe finds nothing."""
    program = _browser()
    urls = await ground.new_database("chatting")
    await migrations.migrate(urls.owner)
    await migrations.seed_all(urls.owner)
    room = ground.room("browser")
    with contextlib.ExitStack() as undo:
        api = Child("Cairn", folder=room, account=Account(), stop=signal.SIGTERM)
        undo.callback(api.stop)
        address = await serve(
            api,
            ground.stack,
            urls,
            program=("tests.judges.chat_server",),
            CAIRN_JWT_LEEWAY="0",
        )
        given = {"ADDRESS": address, "CHROMIUM": program}
        # Side by side: they mostly wait, for answers that take seconds and tokens that run out.
        heard = await asyncio.gather(
            *(
                passed(script, given, patience_seconds=PATIENCE_SECONDS)
                for script in sorted(SCRIPTS.glob("test-*.mjs"))
            ),
            return_exceptions=True,
        )
    objections = [str(one) for one in heard if isinstance(one, Objection)]
    if objections:
        raise Objection("\n".join(objections))
    good = 0
    for one in heard:
        if isinstance(one, BaseException):
            raise one
        good += one
    return f"{good} of {good}"


JUDGES = (Judge("browser", "Chromium and axe: the chat page, with faults", browser),)
