"""A run folder with its page."""

from collections.abc import Mapping
from pathlib import Path

from ...protocols.reading import text_of
from ...results.run_folder import check_destination, write_files
from ...simulation.simulate import Simulation

PACKED = {"zlib": True, "complevel": 4}


def write(runs: Mapping[str, Simulation], page: str, out: Path, overwrite: bool) -> None:
    """Write page, manifest, and protocol and results of every run to ``out``: all of it, or nothing.

    Files of a run begin with its name and a dot, unless the name is empty.
    """
    check_destination(out, overwrite)
    # HDF5 is built in memory: its library does not survive a disk that fills up under it.
    contents = {"report.html": page.encode()}
    for name, simulation in runs.items():
        before, data = f"{name}." if name else "", simulation.data
        packed = {each: PACKED for each, variable in data.items() if variable.ndim}
        contents[f"{before}protocol.yaml"] = text_of(simulation.protocol).encode()
        contents[f"{before}results.nc"] = bytes(data.to_netcdf(engine="h5netcdf", encoding=packed))
    write_files(contents, out, overwrite)
