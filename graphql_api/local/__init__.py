"""The local stack: Postgres, Valkey, Supabase's least, for development and tests."""
