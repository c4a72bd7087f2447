"""Euthymia: how ketamine relieves depression, from dose to mood. Importing it loads no array library."""

import os

__version__ = "0.3.0.dev0"

# Array libraries read these when they start.
# A solver that fails returns NaN, which is checked; raising from inside a compiled program costs time on every step.
os.environ.setdefault("EQX_ON_ERROR", "nan")
# Small matrices gain nothing from more threads, and two processes that share the cores lose twentyfold to their waiting.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# With more threads than one, loops that solve small systems side by side can wait for each other for ever (jaxlib 0.10, CPU).
os.environ.setdefault("NPROC", "1")
