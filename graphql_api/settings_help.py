"""The part of `cairn serve --help` that lists the settings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text
from typer.core import TyperCommand


class ServeCommand(TyperCommand):
    """A command whose help ends with all settings."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the usual help, then each setting with its default."""
        super().format_help(ctx, formatter)
        from graphql_api.settings import Settings

        table = Table(box=None, padding=(0, 2), show_header=False)
        for name, field in Settings.model_fields.items():
            default = _shown(field.default)
            text = f"{field.description}{f' Default: {default}.' if default else ''}"
            table.add_row(field.alias or name.upper(), Text(text))
        Console().print(table)


def _shown(default: object) -> str:
    """Write a default as one would set it."""
    if isinstance(default, timedelta):
        return f"{default.total_seconds():g} seconds"
    if default is None or default == ():
        return ""
    secret = getattr(default, "get_secret_value", None)
    return str(secret() if secret else default)
