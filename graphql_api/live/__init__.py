"""Live: who has news, and what it is."""
