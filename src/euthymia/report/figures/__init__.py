"""Figures as SVG text. A figure of one simulation takes it and gives the text; time is logarithmic wherever hours and weeks meet."""
