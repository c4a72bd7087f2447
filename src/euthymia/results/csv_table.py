"""The main read-outs of a course as a table for other programs: one row a time, one column a quantity with its unit."""

import numpy as np
import xarray as xr

from .quantities import QUANTITIES
from .ratings import rated

ALSO_WITHOUT_DRUG = "madrs"
"""What is given for the other arms too, so that drug, context and nothing can be told apart."""
COMPARED = ("context", "untreated")


def readout_columns(course: xr.Dataset) -> dict[str, np.ndarray]:
    """Columns by heading, of the arm as given but for MADRS: time (h), then every main read-out by what stands along its own axes.

    Ratings of this arm are not a number while it cannot be rated.

    Molecules that are never there are left out. A bolus has two rows: a second before it, and right after it.
    """
    columns = {"time [h]": course.time.values}
    for name, quantity in QUANTITIES.items():
        if not quantity.is_readout or name not in course:
            continue
        values = rated(course, name)
        own_axes = [axis for axis in values.dims if axis != "time"]
        if not own_axes:
            columns[f"{name} [{quantity.unit}]"] = values.values
        for axis in own_axes:
            labels = [label for label in values[axis].values if axis != "molecule" or values.sel({axis: label}).any()]
            columns |= {f"{name}, {label} [{quantity.unit}]": values.sel({axis: label}).values for label in labels}
    for arm in COMPARED:
        if arm in course.arm.values:
            columns[f"{ALSO_WITHOUT_DRUG}, {arm} [{QUANTITIES[ALSO_WITHOUT_DRUG].unit}]"] = course[ALSO_WITHOUT_DRUG].sel(arm=arm).values
    return columns


def csv_text(columns: dict[str, np.ndarray]) -> str:
    """Columns of one length as comma-separated text, nine digits a number, nothing for none; headings with a comma are quoted."""
    headings = (f'"{heading}"' if "," in heading else heading for heading in columns)
    rows = (("" if np.isnan(number) else f"{number:.9g}" for number in row) for row in np.stack(list(columns.values()), -1))
    return "\n".join([",".join(headings), *map(",".join, rows)]) + "\n"
