"""Arrays as labelled data sets: axes, units and meanings come from the table of quantities."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from ..core.errors import unknown
from .quantities import AXES, AXIS_UNITS, QUANTITIES


def labelled(
    values: Mapping[str, ArrayLike | float], coordinates: Mapping[str, Sequence | np.ndarray], leading: tuple[str, ...] = ()
) -> xr.Dataset:
    """Values by name as one data set, in the order of the table.

    Parameters
    ----------
    values
        An array for each quantity, its axes in the order of ``AXES``: those of the quantity that have a coordinate.
    coordinates
        What stands along each axis.
    leading
        Axes that every quantity has before its own.

    Raises
    ------
    InputError
        For a quantity or an axis that the table does not have.
    ValueError
        If an array does not fit its axes.
    """
    for axis in coordinates:
        if axis not in AXES:
            raise unknown("axis", axis, AXES)
    for name in values:
        if name not in QUANTITIES:
            raise unknown("quantity", name, QUANTITIES)
    variables = {}
    # In the order of the table: compiled programs return dictionaries in that of the alphabet.
    for name, quantity in QUANTITIES.items():
        if name in values:
            axes = tuple(dict.fromkeys((*leading, *(axis for axis in quantity.axes if axis in coordinates))))
            variables[name] = (axes, np.asarray(values[name]), {"units": quantity.unit, "long_name": quantity.meaning})
    present = {axis for axes, *_ in variables.values() for axis in axes}
    return xr.Dataset(
        variables,
        {
            axis: (axis, np.asarray(along), {"long_name": AXES[axis]} | ({"units": AXIS_UNITS[axis]} if axis in AXIS_UNITS else {}))
            for axis, along in coordinates.items()
            if axis in present
        },
    )
