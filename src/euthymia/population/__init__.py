"""Many virtual patients through one protocol."""
