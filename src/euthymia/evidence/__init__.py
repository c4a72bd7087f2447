"""Numbers and their sources: no equations, no array library."""
