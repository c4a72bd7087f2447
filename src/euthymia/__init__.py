"""Euthymia: how ketamine relieves depression, from dose to mood."""

__version__ = "0.3.0.dev0"
