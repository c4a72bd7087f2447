"""Way 5: two competing brain networks, and the slow probability that the limbic one is locked."""
