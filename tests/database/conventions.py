"""The rules that every table obeys, each as a question to the catalogue and a bug that breaks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.database.access import exceptions


@dataclass(frozen=True)
class Convention:
    """A rule of the schema.

    Attributes:
        name: a short one, by which exceptions are listed in `access`.
        claim: what holds, in the present tense.
        offenders: SQL whose first column names each object that breaks the rule.
        planted: SQL that makes such an object, `culprit` its name in `offenders`.
    """

    name: str
    claim: str
    offenders: str
    planted: str
    culprit: str

    @property
    def exceptions(self) -> Mapping[str, str]:
        """The objects that may break it, each with the reason."""
        return exceptions(self.name)


# Our own tables, functions and so on are in these two schemas; Supabase's are elsewhere.
TABLES = """
  select c.oid, c.relname, n.nspname, c.relrowsecurity, c.relforcerowsecurity
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname in ('public', 'private') and c.relkind in ('r', 'p')
"""
FUNCTIONS = """
  select p.*, n.nspname, format('%s.%s', n.nspname, p.proname) as name
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where n.nspname in ('public', 'private')
"""
OWNED = f"""
  select t.*, a.attname as owner_column
  from ({TABLES}) t
  join pg_attribute a on a.attrelid = t.oid and not a.attisdropped
   and a.attname = case when t.relname = 'users' then 'id' else 'user_id' end
  where t.nspname = 'public'
"""
CARELESS = "create table public.careless (id uuid primary key, user_id uuid, word text);"

CONVENTIONS = (
    Convention(
        "forced",
        "row-level security is enabled and forced on every table",
        f"select relname from ({TABLES}) t where not (relrowsecurity and relforcerowsecurity)",
        CARELESS + "alter table public.careless enable row level security",
        "careless",
    ),
    Convention(
        "one-policy-each",
        "every table of public has exactly one permissive policy for each command",
        f"""
        select t.relname from ({TABLES}) t
        where t.nspname = 'public' and (
          select coalesce(string_agg(p.polcmd::text, '' order by p.polcmd), '')
          from pg_policy p where p.polrelid = t.oid and p.polpermissive
        ) <> 'adrw'
        """,
        CARELESS + "create policy everything on public.careless to authenticated using (true)",
        "careless",
    ),
    Convention(
        "policy-roles",
        "a policy is for authenticated and cairn_server, and for nobody else",
        """
        select format('%s.%s', c.relname, p.polname)
        from pg_policy p join pg_class c on c.oid = p.polrelid
        join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('public', 'private') and (
          select coalesce(string_agg(r::regrole::text, ',' order by r::regrole::text), '')
          from unnest(p.polroles) r
        ) <> 'authenticated,cairn_server'
        """,
        CARELESS + "create policy open_house on public.careless for select to public using (true)",
        "careless.open_house",
    ),
    Convention(
        "policy-owner",
        "a policy compares the owner with (select auth.uid()), and nothing else",
        f"""
        select format('%s.%s', t.relname, p.polname)
        from ({OWNED}) t join pg_policy p on p.polrelid = t.oid
        cross join format('(%s = ( SELECT auth.uid() AS uid))', t.owner_column) as wanted
        where p.polpermissive and (
              (p.polcmd <> 'a' and pg_get_expr(p.polqual, t.oid) is distinct from wanted)
           or (p.polcmd in ('a', 'w') and pg_get_expr(p.polwithcheck, t.oid) is distinct from wanted))
        """,
        CARELESS
        + "create policy slow on public.careless for select to authenticated, cairn_server "
        "using (user_id = auth.uid())",
        "careless.slow",
    ),
    Convention(
        "private-policy",
        "no policy opens a table of private",
        f"select t.relname from ({TABLES}) t join pg_policy p on p.polrelid = t.oid "
        "where t.nspname = 'private'",
        "create policy peek on private.denials for select to cairn_server using (true)",
        "denials",
    ),
    Convention(
        "private-grants",
        "no table or sequence of private is granted to anybody but its owner",
        """
        select format('%s:%s', c.relname, a.grantee::regrole)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        cross join aclexplode(c.relacl) a
        where n.nspname = 'private' and a.grantee <> c.relowner
        """,
        "grant select on private.denials to cairn_server",
        "denials:cairn_server",
    ),
    Convention(
        "falls-with-her",
        "a person's row says whose it is, and falls with her",
        f"""
        select t.relname from ({TABLES}) t
        where t.nspname = 'public' and not exists (
          select from pg_attribute a
          join pg_constraint k on k.conrelid = t.oid and k.contype = 'f'
           and a.attnum = any (k.conkey) and k.confdeltype = 'c'
          where a.attrelid = t.oid and a.attnotnull and a.atttypid = 'uuid'::regtype
            and a.attname = case when t.relname = 'users' then 'id' else 'user_id' end
        )
        """,
        CARELESS,
        "careless",
    ),
    Convention(
        "owner-in-keys",
        "a foreign key between two owned tables carries the owner",
        f"""
        select k.conname from pg_constraint k
        join ({OWNED}) child on child.oid = k.conrelid
        join ({OWNED}) parent on parent.oid = k.confrelid
        where k.contype = 'f' and not exists (
          select from unnest(k.conkey, k.confkey) as pair (here, there)
          join pg_attribute h on h.attrelid = k.conrelid and h.attnum = pair.here
          join pg_attribute o on o.attrelid = k.confrelid and o.attnum = pair.there
          where h.attname = child.owner_column and o.attname = parent.owner_column
        )
        """,
        CARELESS + "alter table public.careless add constraint careless_plain_fkey "
        "foreign key (id) references public.conversations (id)",
        "careless_plain_fkey",
    ),
    Convention(
        "unique-by-owner",
        "a unique constraint on user data begins with the owner, so that it tells nobody else's",
        f"""
        select i.indexrelid::regclass::text from pg_index i
        join ({OWNED}) t on t.oid = i.indrelid
        where i.indisunique and not i.indisprimary and not exists (
          select from pg_attribute a
          where a.attrelid = t.oid and a.attnum = i.indkey[0] and a.attname = t.owner_column
        )
        -- What holds the whole primary key, for foreign keys with the owner, cannot clash before it.
        and not exists (
          select from pg_constraint k
          where k.conrelid = t.oid and k.contype = 'p' and k.conkey <@ i.indkey::int2[]
        )
        """,
        CARELESS + "create unique index careless_word_idx on public.careless (word)",
        "careless_word_idx",
    ),
    Convention(
        "grants-by-column",
        "inserts and updates are granted by column, never on a whole table",
        f"""
        select format('%s:%s:%s', t.relname, r, lower(p))
        from ({TABLES}) t
        cross join unnest(array['anon', 'authenticated', 'cairn_server']) r
        cross join unnest(array['INSERT', 'UPDATE']) p
        where has_table_privilege(r, t.oid, p)
        """,
        "grant insert on public.messages to authenticated",
        "messages:authenticated:insert",
    ),
    Convention(
        "no-truncate",
        "truncate, references and trigger are granted to nobody",
        """
        select format('%s:%s', c.relname, lower(a.privilege_type))
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        cross join aclexplode(c.relacl) a
        where n.nspname in ('public', 'private') and a.grantee <> c.relowner
          and a.privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'USAGE')
        """,
        "grant truncate on public.messages to authenticated",
        "messages:truncate",
    ),
    Convention(
        "anonymous",
        "anonymous callers, and service_role, may touch no table",
        f"""
        select format('%s:%s', t.relname, r)
        from ({TABLES}) t cross join unnest(array['anon', 'service_role']) r
        where has_any_column_privilege(r, t.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
           or has_table_privilege(r, t.oid, 'DELETE, TRUNCATE, TRIGGER')
        """,
        "grant select (title) on public.conversations to anon",
        "conversations:anon",
    ),
    Convention(
        "public-execute",
        "neither the public nor anonymous callers may execute a function",
        f"""
        select name from ({FUNCTIONS}) f
        where has_function_privilege('anon', f.oid, 'execute')
        """,
        "create function public.careless() returns int language sql set search_path = '' "
        "as 'select 1'; grant execute on function public.careless to public",
        "public.careless",
    ),
    Convention(
        "private-execute",
        "users execute of private only what fills in their own rows",
        f"""
        select name from ({FUNCTIONS}) f
        where nspname = 'private' and has_function_privilege('authenticated', f.oid, 'execute')
        """,
        "grant execute on function private.deny to authenticated",
        "private.deny",
    ),
    Convention(
        "index-by-owner",
        "every owned table has an index that begins with its owner, for the policy",
        f"""
        select t.relname from ({OWNED}) t
        where not exists (
          select from pg_index i
          join pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0]
          where i.indrelid = t.oid and i.indpred is null and a.attname = t.owner_column
        )
        """,
        CARELESS,
        "careless",
    ),
    Convention(
        "index-by-key",
        "every foreign key has an index that begins with its columns",
        f"""
        select k.conname from pg_constraint k join ({TABLES}) t on t.oid = k.conrelid
        where k.contype = 'f' and not exists (
          select from pg_index i
          where i.indrelid = t.oid and i.indpred is null
            and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
        )
        """,
        CARELESS + "alter table public.careless add constraint careless_slow_fkey "
        "foreign key (user_id) references public.users (id)",
        "careless_slow_fkey",
    ),
    Convention(
        "named-checks",
        "every check is named as a sentence about its table",
        f"""
        select k.conname from pg_constraint k join ({TABLES}) t on t.oid = k.conrelid
        where k.contype = 'c' and (
          k.conname not like t.relname || '\\_%\\_%\\_%' or k.conname ~ '_check[0-9]*$'
          or length(k.conname) > 62
        )
        """,
        CARELESS + "alter table public.careless add check (word <> '')",
        "careless_word_check",
    ),
    Convention(
        "comments",
        "every table and enum has a comment",
        f"""
        select relname from ({TABLES}) t where obj_description(t.oid, 'pg_class') is null
        union all
        select y.typname from pg_type y join pg_namespace n on n.oid = y.typnamespace
        where n.nspname in ('public', 'private') and y.typtype = 'e'
          and obj_description(y.oid, 'pg_type') is null
        """,
        CARELESS,
        "careless",
    ),
    Convention(
        "function-comments",
        "every function that can be called has a comment",
        f"""
        select name from ({FUNCTIONS}) f
        where prorettype <> 'trigger'::regtype and obj_description(f.oid, 'pg_proc') is null
        """,
        "create function private.careless() returns int language sql as 'select 1'",
        "private.careless",
    ),
    Convention(
        "search-path",
        "every function pins an empty search_path",
        f"""
        select name from ({FUNCTIONS}) f
        where not coalesce('search_path=""' = any (proconfig), false)
        """,
        "create function private.careless() returns int language sql as 'select 1'",
        "private.careless",
    ),
    Convention(
        "asks-who-calls",
        "a security definer function asks who is calling",
        f"select name from ({FUNCTIONS}) f where prosecdef and prosrc !~ 'auth\\.uid\\(\\)'",
        "create function public.careless() returns bigint language sql security definer "
        "set search_path = '' as 'select count(*) from public.messages'",
        "public.careless",
    ),
    Convention(
        "invoker-views",
        "a view runs with the rights of who asks, and nothing is materialised",
        """
        select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('public', 'private', 'admin') and (
          c.relkind = 'm'
          or (c.relkind = 'v' and not coalesce('security_invoker=true' = any (c.reloptions), false))
        )
        """,
        "create view public.careless as select * from public.messages",
        "careless",
    ),
    Convention(
        "admin-views",
        "schema admin holds nothing but views, each with a comment",
        """
        select c.relname from pg_class c
        where c.relnamespace = 'admin'::regnamespace and c.relkind <> 'i'
          and (c.relkind <> 'v' or obj_description(c.oid, 'pg_class') is null)
        union all
        select proname from pg_proc where pronamespace = 'admin'::regnamespace
        """,
        "create view admin.careless with (security_invoker = true) as select 1 as one",
        "careless",
    ),
    Convention(
        "admin-closed",
        "schema admin, and what is in it, is granted to nobody but its owner",
        """
        select format('%s:%s', n.nspname, a.grantee::regrole)
        from pg_namespace n cross join aclexplode(n.nspacl) a
        where n.nspname = 'admin' and a.grantee <> n.nspowner
        union all
        select format('%s:%s', c.relname, case a.grantee when 0 then 'public' else a.grantee::regrole::text end)
        from pg_class c cross join aclexplode(c.relacl) a
        where c.relnamespace = 'admin'::regnamespace and a.grantee <> c.relowner
        """,
        "grant select on admin.growth to service_role",
        "growth:service_role",
    ),
    Convention(
        "trigger-names",
        "a trigger's name says when it fires among the others",
        """
        select g.tgname from pg_trigger g join pg_proc p on p.oid = g.tgfoid
        join pg_namespace n on n.oid = p.pronamespace
        where not g.tgisinternal and n.nspname = 'private' and g.tgname !~ '^t[0-9]{3}_[a-z_]+$'
        """,
        "create trigger careless before update on public.users "
        "for each row execute function private.touch_updated_at()",
        "careless",
    ),
)
