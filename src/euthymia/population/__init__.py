"""Many virtual patients through one protocol: who they are, their courses, and a cohort weighted, followed and summarised."""
