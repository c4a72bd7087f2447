"""The whole causal chain over one clock."""

import numpy as np
import xarray as xr

from ...results.ratings import rated
from ...simulation.simulate import Simulation
from .clock import course_clock
from .style import COLOURS, panels, svg

NOTHING = 1e-3
"""Largest change below which a stage is left out, in its own unit."""


def stages(simulation: Simulation) -> list[tuple[str, xr.DataArray, str]]:
    """Every stage from drug to mood that this course moves: name, change over time, colour."""
    data, dosed = simulation.data, simulation.data.sel(arm="as given")

    def rise(name: str) -> xr.DataArray:
        return dosed[name] - dosed[name][0]

    candidates = [
        ("ketamine in venous plasma", data.venous_ketamine_mass, "drug"),
        ("free ketamine in brain", data.free_brain_ketamine.sum("enantiomer"), "drug"),
        *((f"{drug} in plasma", data.comparator_mass.sel(molecule=drug), "drug") for drug in data.molecule.values),
        ("NMDA drive loss, pyramidal", data.drive_loss.sel(cell_class="pyramidal"), "receptor"),
        ("serotonin transporter, occupied", dosed.sert_occupancy, "serotonin"),
        ("dopamine transporter, occupied", dosed.dat_occupancy, "way 3"),
        ("MAO-A, lost", dosed.mao_block, "serotonin"),
        ("serotonin", rise("serotonin"), "serotonin"),
        ("calcium load, relief (way 2)", -rise("calcium_load"), "way 2"),
        ("glutamate surge (way 1)", dosed.glutamate, "way 1"),
        ("drug trapped in the habenula (way 3)", data.bound.sel(site="habenula_burst"), "way 3"),
        ("habenula spikes, fall (way 3)", -rise("habenula_tonic_rate") - rise("habenula_burst_rate"), "way 3"),
        ("dopamine tone (way 3)", rise("dopamine"), "way 3"),
        ("out of the limbic lock (way 5)", -rise("lock"), "way 5"),
        ("BDNF–TrkB (way 4)", dosed.bdnf, "way 4"),
        ("mTORC1 (way 4)", dosed.mtor, "way 4"),
        ("fast potentiation (way 4)", dosed.fast_potentiation, "way 4"),
        ("spines formed (way 4)", rise("spine_density"), "way 4"),
        ("prefrontal focus (way 1)", rise("focus"), "way 1"),
        ("MADRS, fall", simulation.undosed("madrs") - rated(data), "mood"),
    ]
    return [(name, values, COLOURS[colour]) for name, values, colour in candidates if float(values.max()) > NOTHING]


def causal_chain(simulation: Simulation) -> str:
    """Every stage from drug to mood, each scaled to its own largest change, one above the other."""
    shown = stages(simulation)[::-1]
    with panels(1.0 + 0.34 * len(shown)) as (figure, [[axes]]):
        for row, (_, values, colour) in enumerate(shown):
            curve = np.clip(np.asarray(values, float), 0, None)
            height = curve / np.nanmax(curve) * 0.86
            axes.fill_between(values.time, row, row + height, color=colour, alpha=0.28, lw=0)
            axes.plot(values.time, row + height, color=colour, lw=1.6)
        axes.set_yticks(np.arange(len(shown)) + 0.3, [name for name, *_ in shown])
        axes.grid(visible=False, axis="y")
        axes.set_ylim(-0.1, len(shown))
        axes.spines["left"].set_visible(False)
        course_clock(axes, simulation)
        return svg(figure, "The causal chain over time, each stage scaled to its own peak")
