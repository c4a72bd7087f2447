"""Way 5: two competing brain networks, and the slow locked share of the limbic one."""
