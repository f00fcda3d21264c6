"""The least that a row of each table of this chapter says, and ways to write it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg

from tests.database.access.life import SAID

Values = Mapping[str, object]

SENSITIVE = frozenset(
    {"user_suicidal_thoughts", "user_substance_use", "user_trauma_patterns", "user_risk_factors"}
)

# Many rows for each person, each with its origin: what must be said of one.
ENTRIES: Mapping[str, Values] = {
    "user_themes": {"name": "What counts as done"},
    "user_people": {"name": "Mira"},
    "user_coping_tools": {"name": "Drawing"},
    "user_goals": {"title": "Write to Mira"},
    "user_trauma_patterns": {"name": "That winter"},
    "user_pattern_loops": {"name": "The list"},
    "user_shadow_themes": {"name": "The one who wants to be seen"},
    "user_ancestral_issues": {"name": "Two suitcases"},
    "user_current_practices": {"name": "Three lines"},
    "user_regulation_strategies": {"name": "Cold water"},
    "user_dysregulating_factors": {"name": "Alarms"},
    "user_role_model_traits": {"trait": "Beginning anew"},
    "user_growth_milestones": {"title": "Said her name"},
    "user_emotional_patterns": {"name": "Dread at four"},
    "user_relationship_dynamics": {"name": "Each waits"},
    "user_growth_opportunities": {"name": "Letting it be finished"},
    "user_risk_factors": {"name": "Short sleep", "area": "self_neglect", "severity": 3},
    "user_strengths": {"name": "Seeing"},
    "user_mood_trends": {"mood": -1},
    "user_emotional_states": {"emotion": "dread", "intensity": 6},
    "user_support_system": {"name": "Jonas"},
    "user_current_stressors": {"name": "Silence", "intensity": 7},
    "user_daily_habits": {"name": "A walk"},
    "user_substance_use": {"substance": "tobacco"},
    "user_previous_therapy": {"name": "That year"},
    "user_suicidal_thoughts": {"ideation": "wish_to_be_dead"},
    "user_insight_notes": {"insight": "The list is not a debt."},
    "user_value_compass": {"name": "Sister", "domain": "family", "importance": 9, "lived": 2},
}
# One row for each person, hers alone to write.
SINGLES: Mapping[str, Values] = {
    "user_sleep_routine": {},
    "user_relationship_status": {"status": "single"},
    "user_living_situation": {"housing": "rented"},
    "user_spiritual_path": {"stance": "seeking"},
}
CATEGORIES: Mapping[str, Values] = {**ENTRIES, **SINGLES}

assert ENTRIES.keys() == SAID.keys()


async def add(connection: asyncpg.Connection, table: str, **more: object) -> UUID:
    """Insert the least row of a table, and what is given besides; give its id."""
    values: dict[str, Any] = {**CATEGORIES[table], **more}
    columns = ", ".join(values)
    added: UUID = await connection.fetchval(
        f"insert into public.{table} ({columns}) select {columns} "
        f"from jsonb_populate_record(null::public.{table}, $1::text::jsonb) returning id"
        if values
        else f"insert into public.{table} default values returning id",
        *([json.dumps(values, default=str)] if values else []),
    )
    return added


async def row(owner: asyncpg.Connection, table: str, entry: UUID) -> asyncpg.Record | None:
    """Give a row as the owner of the table sees it."""
    return await owner.fetchrow(f"select * from public.{table} where id = $1", entry)


async def refusal(connection: asyncpg.Connection, table: str, **more: object) -> str:
    """Try to add a row; give the name of the constraint, or the SQLSTATE, that refuses it."""
    attempt = connection.transaction()
    await attempt.start()
    try:
        await add(connection, table, **more)
    except asyncpg.PostgresError as error:
        return error.constraint_name or str(error.sqlstate)
    finally:
        await attempt.rollback()
    return "accepted"
