"""Fits: how people handle ketamine, how patients and trials differ, and what trials kept aside are predicted to show."""
