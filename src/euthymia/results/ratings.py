"""Ratings as somebody could make them: none while the patient is anaesthetised."""

import xarray as xr

RATINGS = ("madrs", "items")
"""Quantities that only somebody who is awake can be rated on."""


def rated(course: xr.Dataset, name: str = "madrs") -> xr.DataArray:
    """A quantity of a course as given; of a rating, nothing (NaN) at times at which it cannot be made."""
    values = course[name].sel(arm="as given") if "arm" in course[name].dims else course[name]
    return values.where(course.can_be_rated == 1) if name in RATINGS else values
