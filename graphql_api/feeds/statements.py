"""The SQL of feeds: one statement tells what is new and reads it, under the subscriber's policies.

The first line of its text says how far it looked; each further line is one event, its number
before it. JSON text has no line breaks, so that nothing of it is ever parsed.
"""

from __future__ import annotations

from graphql_api.arguments import Variables
from graphql_api.compile import Compiled, Compiler
from graphql_api.events import ChangesOf, EventsIn, EventWord, Fact, StreamOf
from graphql_api.feeds.planning import PAGE_EVENTS, EventPlan, EventValue, FeedPlan
from graphql_api.json_text import braces
from graphql_api.plan import Object, TypeName
from graphql_api.planner import VIEWER_ID
from graphql_api.sql import Expression, Piece, concat, literal, name

# Variables that a feed sets at each read; no GraphQL name can be spelled like them.
PLACE = "$place"
ATTEMPT = "$attempt"
OFFSET = "$offset"

# For reading all arguments before anything runs.
NOWHERE: Variables = {PLACE: None, ATTEMPT: None, OFFSET: 0}

# Between an event's number and its JSON; after the second nothing more can follow.
GOES_ON = " "
ENDS = "!"

FINAL_STATES = ("complete", "failed", "cancelled")


def compile_page(feed: FeedPlan, role: str) -> Compiled:
    """Compile the statement that reads a page of events.

    Its first line is `head until is_whole is_there`: her latest number, the number up to which
    this page has looked, whether nothing since the cursor was forgotten, and whether what the feed
    is about exists (or its deletion is still to be told).
    """
    assert not isinstance(feed.meaning, StreamOf)  # noqa: S101 - see `compile_look`
    return _PageCompiler(feed, feed.meaning).compile(role)


class _PageCompiler:
    """Writes the statement of one feed of events."""

    def __init__(self, feed: FeedPlan, meaning: EventsIn | ChangesOf) -> None:
        self._feed = feed
        self._meaning = meaning
        self._compiler = Compiler()
        parameters = self._compiler.parameters
        self._place = parameters.add(lambda variables: variables[PLACE], "bigint")
        self._viewer = parameters.add(lambda variables: variables[VIEWER_ID], "uuid")
        self._row = "" if feed.row is None else parameters.add(feed.row, "uuid")

    def compile(self, role: str) -> Compiled:
        events = "public.live_events"
        hers = f"e.user_id = {self._viewer}"
        column = f"e.{name(self._meaning.column)}"
        mine = f"{column} = {self._row}" if self._row else f"{column} is not null"
        # Without a cursor it begins with what happens from now on.
        text = f"""/* {role} */ with head as materialized (
  select coalesce((select e.seq from public.live_heads as e where {hers}), 0) as head
), start as (
  select head, coalesce({self._place}, head) as place from head
), looked as (
  select head, place, place = head or exists (
    select from {events} as e where {hers} and e.seq = place + 1
  ) as is_whole from start
), page as (
  select e.* from looked cross join lateral (
    select e.seq, {self._subject("e")} as row_id, {self._change("e")} as change
    from {events} as e where {hers} and {mine} and e.seq > looked.place
    order by e.seq limit {PAGE_EVENTS}
  ) as e where looked.is_whole
), newest as (
  select max(e.seq) as seq, e.row_id, e.change from page as e group by e.row_id, e.change
), told as materialized (
  select e.seq, case e.change{self._cases()} end as told from newest as e
)
select concat(
  head, ' ', case (select count(*) from page) when {PAGE_EVENTS} then (select max(seq) from page) else head end,
  ' ', is_whole, ' ', {self._is_there()},
  (select string_agg(concat(E'\\n', seq, told), '' order by seq) from told where told is not null)
) from looked"""
        return Compiled(text, tuple(self._compiler.parameters.reads))

    def _subject(self, alias: str) -> str:
        """The row that an event is told of: its own, or the one that it happened in."""
        if isinstance(self._meaning, ChangesOf):
            return f"{alias}.{name(self._meaning.column)}"
        return f"{alias}.row_id"

    def _change(self, alias: str) -> str:
        """What an event tells, as `table operation`, so that it can be compared."""
        is_gone = f"{alias}.operation = 'delete'"
        if isinstance(self._meaning, EventsIn):
            return f"concat({alias}.table_name, case when {is_gone} then '-' end)"
        table = literal(self._meaning.table)
        gone = f"{alias}.table_name = {table} and {is_gone}"
        return f"concat({table}, case when {gone} then '-' end)"

    def _cases(self) -> str:
        cases = []
        for event in self._feed.events:
            if event.word.kind == "changed":
                cases.append(f" when {literal(str(event.word.table))} then {self._changed(event)}")
            elif event.word.kind == "gone":
                cases.append(f" when {literal(f'{event.word.table}-')} then {self._gone(event)}")
        return "".join(cases)

    def _changed(self, event: EventPlan) -> str:
        """The row as it is now; null when it is hidden or gone since."""
        alias = self._compiler.alias()
        table = f"public.{name(str(event.word.table))}"
        said = self._said(event, GOES_ON, alias)
        return f"(select {said} from {table} as {alias} where {alias}.id = e.row_id)"

    def _gone(self, event: EventPlan) -> str:
        is_last = isinstance(self._meaning, EventsIn) and event.word.table == self._meaning.table
        return self._said(event, ENDS if is_last else GOES_ON, "")

    def _said(self, event: EventPlan, mark: str, alias: str) -> str:
        def value(of: EventValue) -> list[Piece]:
            match of:
                case TypeName(type_name):
                    return [f'"{type_name}"']
                case Fact("deleted_id"):
                    return ['"', Expression("e.row_id"), '"']
                case Fact("seq"):
                    return [Expression("e.seq")]
                case Fact():
                    return ['"', Expression("e.seq"), '"']
                case Object():
                    return self._compiler.object(of, alias)

        return concat([mark, *enveloped(self._feed.key, braces(event.fields, value))])

    def _is_there(self) -> str:
        if not isinstance(self._meaning, EventsIn):
            return "true"
        table = literal(self._meaning.table)
        return (
            f"(exists (select from public.{name(self._meaning.table)} as e where e.id = {self._row})"
            f" or looked.is_whole and exists (select from public.live_events as e where e.user_id = {self._viewer}"
            f" and e.{name(self._meaning.column)} = {self._row} and e.seq > looked.place"
            f" and e.table_name = {table} and e.operation = 'delete'))"
        )


def compile_look(feed: FeedPlan, role: str) -> Compiled:
    """Compile the statement that looks at a reply: no row when it is hidden or missing.

    Its first line is `state attempt is_replaced start length`, the second the text from character
    `start` on, as JSON; the third the last event, empty while the reply is under way.
    """
    assert isinstance(feed.meaning, StreamOf)  # noqa: S101 - see `compile_page`
    assert feed.row is not None  # noqa: S101 - a stream is of one row
    compiler = Compiler()
    row = compiler.parameters.add(feed.row, "uuid")
    attempt = compiler.parameters.add(lambda variables: variables[ATTEMPT], "integer")
    offset = compiler.parameters.add(lambda variables: variables[OFFSET], "integer")
    alias = compiler.alias()
    finished = "".join(
        f" when {alias}.state in ({', '.join(map(literal, FINAL_STATES))})"
        f" then {_finished(compiler, feed, event, alias)}"
        for event in feed.events
        if event.word.kind == "finished"
    )
    # Another attempt begins anew, and so does a text that is shorter than what was told of it.
    text = f"""/* {role} */ select concat(
  {alias}.state, ' ', {alias}.attempt, ' ', {alias}.is_replaced, ' ', start.start, ' ', length(said.said),
  E'\\n', to_json(substr(said.said, start.start + 1)), E'\\n', case{finished} end
)
from public.{name(feed.meaning.table)} as {alias}
cross join lateral (select coalesce({alias}.draft, {alias}.content) as said) as said
cross join lateral (
  select case when {alias}.attempt = {attempt} and not {alias}.is_replaced
    and {offset} <= length(said.said) then {offset} else 0 end as start
) as start
where {alias}.id = {row}"""
    return Compiled(text, tuple(compiler.parameters.reads))


def _finished(compiler: Compiler, feed: FeedPlan, event: EventPlan, alias: str) -> str:
    def value(of: EventValue) -> list[Piece]:
        match of:
            case TypeName(type_name):
                return [f'"{type_name}"']
            case Fact():
                return ['"', Expression(f"concat({alias}.attempt, ':', length(said.said))"), '"']
            case Object():
                return compiler.object(of, alias)

    return concat(enveloped(feed.key, braces(event.fields, value)))


def enveloped(key: str, event: list[Piece]) -> list[Piece]:
    """Give the whole answer whose one field is `event`."""
    return [f'{{"data":{{"{key}":', *event, "}}"]


class Template:
    """An event that tells of no row: its JSON is known but for what is filled in."""

    def __init__(self, feed: FeedPlan, word: EventWord) -> None:
        """Prepare the event that says `word`; it must be one of the feed's."""
        event = next(one for one in feed.events if one.word == word)
        pieces = enveloped(feed.key, braces(event.fields, _blank))
        self._pieces = tuple(
            piece.encode() if isinstance(piece, str) else piece.sql for piece in pieces
        )

    def fill(self, facts: Variables) -> bytes:
        """Give the event; `facts` has the JSON text (bytes) of each fact by name."""
        return b"".join(
            piece if isinstance(piece, bytes) else facts[piece] for piece in self._pieces
        )


def _blank(value: EventValue) -> list[Piece]:
    """Leave a fact open."""
    match value:
        case TypeName(type_name):
            return [f'"{type_name}"']
        case Fact(fact):
            return [Expression(fact)]
        case Object():
            raise TypeError("an event of no row tells of one")
