"""Pages about the database that are written from its catalogue, so that they cannot be wrong."""
