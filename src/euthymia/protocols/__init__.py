"""What is done to whom and when: reading a protocol, and refusing one that cannot be meant."""
