"""A run folder with its page."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from ...analysis.attribution import attribution
from ...analysis.habenula import SEED
from ...inference.sizes import SEED_OF_FORECASTS
from ...protocols.reading import text_of
from ...results.csv_table import csv_text, readout_columns
from ...results.manifest import Request
from ...results.netcdf import netcdf
from ...results.observed import OBSERVED_FILE, text_of_observed
from ...results.run_folder import check_destination, write_files
from ...simulation.simulate import Simulation

NOTHING: Mapping[str, bytes] = MappingProxyType({})


def write(runs: Mapping[str, Simulation], page: str, out: Path, overwrite: bool, beside: Mapping[str, bytes] = NOTHING) -> None:
    """Write page, manifest, and protocol, results and main read-outs of every run to ``out``: all of it, or nothing.

    Files of a run begin with its name and a dot, unless the name is empty; ``beside`` are further files, by name.
    """
    check_destination(out, overwrite)
    contents = {"report.html": page.encode(), **beside}
    for name, simulation in runs.items():
        prefix = f"{name}." if name else ""
        groups = {"course": simulation.data}
        if simulation.coalitions is not None:
            groups["attribution"] = attribution(simulation)
        if simulation.circuits is not None:
            groups["circuits"] = simulation.circuits
        if simulation.over_circuits is not None:
            groups["over_circuits"] = simulation.over_circuits
        if simulation.observed is not None:
            groups["observed"] = simulation.observed
            contents[OBSERVED_FILE] = text_of_observed(simulation.observed).encode()
        protocol = text_of(simulation.protocol)
        contents[f"{prefix}protocol.yaml"] = protocol.encode()
        contents[f"{prefix}results.nc"] = netcdf(groups, simulation.protocol.title, protocol, changes="; ".join(simulation.changes))
        contents[f"{prefix}readouts.csv"] = csv_text(readout_columns(simulation.data)).encode()
    drawn = any(simulation.circuits is not None for simulation in runs.values())
    options = next(iter(runs.values())).options
    seed = SEED if drawn else SEED_OF_FORECASTS if "people" in options else None
    write_files(contents, out, overwrite, Request("simulate" if "" in runs else "compare", options, seed))
