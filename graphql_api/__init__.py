"""Cairn: GraphQL on Supabase Postgres, where row-level security decides what each user sees."""

__version__ = "0.1.0"
