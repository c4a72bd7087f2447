"""Units of time in h, the canonical one, and the conversion of mass concentrations."""

SECOND, MINUTE = 1 / 3600, 1 / 60
DAY = 24.0
WEEK, MONTH, YEAR = 7 * DAY, 30 * DAY, 365 * DAY
NG_PER_ML = 1e3
"""ng/mL in one mg/L, which is µM times a molar mass in mg/µmol."""
