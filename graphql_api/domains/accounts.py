"""Accounts: who she is, and on which devices she is signed in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from graphql_api.errors import BadInput, Unauthenticated
from graphql_api.fields import columns, verb, viewer_row
from graphql_api.lists import Connection
from graphql_api.meaning import Context, Done, Update, Write
from graphql_api.table import Node, about, has_many, table, taking


@table("user_sessions", orders=("last_activity_at",), order_by="-last_activity_at")
class UserSession(Node):
    """One sign-in on one device. No token is kept."""

    id: UUID
    service_type: str = about("What was signed in to, such as `api`.")
    user_agent: str | None = about("What the device calls itself.")
    is_active: bool = about("False once it was ended.")
    expires_at: datetime = about("When the last token that was seen runs out.")
    created_at: datetime
    last_activity_at: datetime = about("To the minute.")
    ended_at: datetime | None = about("When it was signed out; null while it may be used.")


@table("users")
class User(Node):
    """One person; the same id as in Supabase Auth."""

    id: UUID
    email: str | None = about("Null for phone and anonymous users.")
    phone_number: str | None
    full_name: str | None
    display_name: str | None
    bio: str | None
    avatar_url: str | None
    current_streak: int = about("Days in a row with an activity, by her own clock.")
    xp: int = about("Points earned.")
    created_at: datetime
    updated_at: datetime
    last_active_at: datetime | None = about("Her last request, to the minute.")
    sessions: Connection[UserSession] = has_many("user_id", "Her devices, the latest first.")


@taking
class UpdateViewerInput:
    """What to change of one's own account; what is absent stays, null clears."""

    full_name: str | None = strawberry.UNSET
    display_name: str | None = strawberry.UNSET
    bio: str | None = strawberry.UNSET
    avatar_url: str | None = strawberry.field(
        default=strawberry.UNSET, description="An https address."
    )


@taking
class EndSessionInput:
    """Which sign-in to end."""

    id: UUID | None = strawberry.field(
        default=strawberry.UNSET, description="Absent: that of this very request."
    )


async def update_viewer(context: Context, given: Mapping[str, Any]) -> Write:
    """Change the caller's own row."""
    if context.viewer.user_id is None:
        raise Unauthenticated
    if not given:
        raise BadInput("Nothing to change.", field="input")
    return Update(context.viewer.user_id, columns(given))


async def end_session(context: Context, given: Mapping[str, Any]) -> Write:
    """End one of the caller's sign-ins: the deny list refuses it from now on, everywhere."""
    session_id: UUID | None = given.get("id") or context.viewer.session_id
    if session_id is None:
        raise BadInput("This token belongs to no sign-in: say which to end.", field="input.id")
    await context.services["admission"].end_session(context.viewer, session_id)
    return Done(session_id)


@strawberry.type
class Query:
    """What can be read of accounts."""

    viewer: User | None = viewer_row("The signed-in user; null without a token.")


@strawberry.type
class Mutation:
    """What can be done with accounts."""

    update_viewer: User | None = verb(update_viewer, UpdateViewerInput, "Change one's own account.")
    end_session: UserSession | None = verb(
        end_session,
        EndSessionInput,
        "Sign a device out at once; its tokens are refused from now on.",
    )
