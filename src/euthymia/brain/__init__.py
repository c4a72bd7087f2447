"""Way 5: two brain networks that compete, and the slow probability that the limbic one is locked."""
