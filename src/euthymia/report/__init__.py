"""What a reader sees: a summary in the terminal, a run folder, a page."""
