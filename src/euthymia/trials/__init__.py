"""Published trials, their sampling errors, and what an ensemble of virtual patients or a meta-analysis expects of their numbers."""
