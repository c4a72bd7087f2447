"""Results as NetCDF: a group for each part of a run, global attributes that say what it is, and a format number."""

from collections.abc import Mapping
from pathlib import Path

import xarray as xr

from .. import __version__
from ..core.errors import InputError
from ..evidence.registry import evidence

FORMAT = 2
"""Raised whenever a name, axis or unit changes; files without one, as 0.2.0 wrote them, are called 1."""
CONVENTIONS = "CF-1.11"
COMMENT = "time in h since the start of the course; ratings in points of their scale"
PACKED = {"zlib": True, "complevel": 4}


def netcdf(groups: Mapping[str, xr.Dataset], title: str, protocol: str, **attributes: str | int | float) -> bytes:
    """The groups of a run as one file.

    Parameters
    ----------
    groups
        Labelled data sets by the name of their group.
    title, protocol
        What was run, in words and as the text of a protocol.
    attributes
        Further global attributes.
    """
    about = {
        "title": title,
        "euthymia_version": __version__,
        "euthymia_format": FORMAT,
        "Conventions": CONVENTIONS,
        "comment": COMMENT,
        "parameters_sha256": evidence().parameter_hash(),
        "protocol": protocol,
        **attributes,
    }
    tree = xr.DataTree.from_dict({"/": xr.Dataset(attrs=about)} | {f"/{name}": data for name, data in groups.items()})
    packed = {
        f"/{name}": {variable_name: PACKED for variable_name, variable in data.items() if variable.ndim} for name, data in groups.items()
    }
    # HDF5 is built in memory: its library does not survive a disk that fills up under it.
    return bytes(tree.to_netcdf(engine="h5netcdf", encoding=packed))


def read_results(path: str | Path) -> xr.DataTree:
    """The results of a run from its file, in memory.

    Parameters
    ----------
    path
        ``results.nc`` of a run folder.

    Returns
    -------
    Groups of labelled results, such as "course", "attribution" and "circuits"; what made them stands in ``attrs``.

    Raises
    ------
    InputError
        If the file cannot be read, is none of ours, or has another format.
    """
    if not Path(path).is_file():
        raise InputError(f"results: there is no file {path}")
    try:
        with xr.open_datatree(path, engine="h5netcdf") as tree:
            results = tree.load()
    except (OSError, ValueError) as error:
        raise InputError(f"results: cannot read {path}: it is no NetCDF file") from error
    written = results.attrs.get("euthymia_format", 1 if "madrs" in results else None)
    if written is None:
        raise InputError(f"results: {path} was not written by Euthymia")
    if written != FORMAT:
        version = results.attrs.get("euthymia_version", "0.2.0 or earlier")
        raise InputError(
            f"results: {path} has format {written}, of Euthymia {version}; {__version__} reads format {FORMAT}: run its protocol again"
        )
    return results
