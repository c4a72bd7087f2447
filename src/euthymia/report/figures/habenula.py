"""Way 3: the lateral habenula, dopamine, and the answer to an omitted reward."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from ...simulation.simulate import Simulation
from ..words import clock
from .clock import course_clock
from .style import BROWN, COLOURS, FAINT, HEALTHY, INK, PURPLE, SPIKE_COLOURS, UNTREATED, legend, own_legend, panels, room, svg

NUCLEUS_COLOURS = (FAINT, INK, COLOURS["way 3"])
DOPAMINE_READOUTS = (
    ("dopamine_active_share", "cells that fire", COLOURS["way 3"], "-"),
    ("dopamine_rate", "their rate", PURPLE, "--"),
    ("dopamine_burst_share", "their spikes in bursts", BROWN, ":"),
)
SPIKE_TEXTS = {"tonic": "spikes outside bursts", "burst": "spikes in bursts"}
VOLTS = (-85, 55)
"""mV; what a trace shows."""


def habenula(simulation: Simulation) -> str:
    """Firing of the nucleus and of its cells, dopamine's three answers, and the tone they make."""
    data, dosed, untreated = simulation.data, simulation.data.sel(arm="as given"), simulation.data.sel(arm="untreated")
    with panels(5.9, 2, 2) as (figure, [[rates, in_bursts], [answers, tone]]):
        for name, text in SPIKE_TEXTS.items():
            rates.plot(data.time, untreated[f"habenula_{name}_rate"], color=SPIKE_COLOURS[name], ls="--", lw=1)
            rates.plot(data.time, dosed[f"habenula_{name}_rate"], color=SPIKE_COLOURS[name], label=text)
        rates.set_title("Habenula, Hz per cell (dashed: untreated)")
        rates.set_ylim(bottom=0)
        spikes = dosed.habenula_tonic_rate + dosed.habenula_burst_rate
        for name, style, text in (("burst_rate", "-", "intervals up to 20 ms"), ("burst_rate_strict", ":", "up to 10 ms")):
            in_bursts.plot(data.time, 100 * dosed[f"habenula_{name}"] / spikes, color=SPIKE_COLOURS["burst"], ls=style, label=text)
        in_bursts.set_title("Habenula spikes in bursts, %")
        in_bursts.set_ylim(bottom=0)
        for name, text, colour, style in DOPAMINE_READOUTS:
            answers.plot(data.time, 100 * (dosed[name] / dosed[name][0] - 1), color=colour, ls=style, label=text)
        room(answers, 4.0, 0.0, *(line.get_ydata() for line in answers.lines))
        answers.set_title("Dopamine’s three answers, change in %")
        tone.axhline(float(data.healthy_reward), **HEALTHY)
        tone.plot(data.time, untreated.dopamine, **UNTREATED)
        tone.plot(data.time, dosed.dopamine, color=COLOURS["way 3"], label="this course")
        tone.set_title("Dopamine tone")
        tone.set_ylim(bottom=0)
        course_clock([rates, in_bursts, answers, tone], simulation)
        for axes in (rates, in_bursts, answers, tone):
            own_legend(axes, loc="best")
        return svg(figure, "Way 3: habenula and dopamine")


def recordings(circuits: xr.Dataset) -> str:
    """Membrane potentials of a few cells and the spikes of the nucleus, a column for each checkpoint."""
    checkpoints, cells = circuits.checkpoint.values, circuits.traced_cell.values
    ratios = (*(1 for _ in cells), 3.2)
    with panels(0.75 * sum(ratios) + 1.0, len(ratios), len(checkpoints), height_ratios=ratios, sharex=True, sharey="row") as (figure, rows):
        for column, name in enumerate(checkpoints):
            of_checkpoint = circuits.sel(checkpoint=name)
            for axes, cell in zip(rows[:, column], cells, strict=False):
                axes.plot(circuits.trace_time, of_checkpoint.habenula_voltage.sel(traced_cell=cell), color=INK, lw=0.7)
                axes.grid(visible=False)
                axes.spines["bottom"].set_visible(False)
                axes.tick_params(axis="x", length=0)
                axes.set(ylim=VOLTS, yticks=[-60, 0])
            hours = float(of_checkpoint.checkpoint_time)
            rows[0, column].set_title(str(name).capitalize() + (f", {clock(hours)}" if name == "at the peak loss" else ""))
            raster = rows[-1, column]
            _raster(raster, circuits.isel(spike=np.flatnonzero(circuits.spike_checkpoint == column)))
            fractions = 100 * of_checkpoint.habenula_cells
            said = (f"{float(fractions.sel(activity=name)):.0f} % {text}" for name, text in (("burst", "burst"), ("silent", "are silent")))
            raster.set_title(" and ".join(said), fontweight="normal", fontsize=9)
            raster.set_xlabel("ms")
        for axes, cell in zip(rows[:, 0], cells, strict=False):
            axes.set_ylabel(f"{'bursting' if cell == 'burst' else cell},\nmV")
        rows[-1, 0].set_ylabel(f"{circuits.sizes['neuron']} cells, by resting potential")
        legend(figure, rows[-1, :1], 2)
        return svg(figure, "Way 3: membrane potentials and spikes of habenula cells")


def _raster(axes: Axes, spikes: xr.Dataset) -> None:
    """One stroke for each spike that falls into the time of the traces; all of a kind are one line with gaps."""
    shown = spikes.spike_time.values < float(spikes.trace_time[-1])
    for name, inside in (("tonic", False), ("burst", True)):
        of_kind = shown & (spikes.spike_in_burst.values == inside)
        time, neuron = spikes.spike_time.values[of_kind], spikes.spike_neuron.values[of_kind]
        gap = np.full(len(time), np.nan)
        x, y = np.stack([time, time, gap], 1).ravel(), np.stack([neuron - 0.8, neuron + 0.8, gap], 1).ravel()
        axes.plot(x, y, color=SPIKE_COLOURS[name], lw=1.1, label=SPIKE_TEXTS[name])
    axes.grid(visible=False)
    axes.set(xlim=(0, float(spikes.trace_time[-1])), ylim=(-1, spikes.sizes["neuron"]))


def disappointment(circuits: xr.Dataset) -> str:
    """One synchronous excitation of the nucleus, as after an omitted reward, and how long it silences dopamine cells."""
    time = circuits.volley_time
    with panels(3.1, 1, 2, width_ratios=(1.6, 1)) as (figure, [[volley, pause]]):
        for name, colour in zip(circuits.nucleus.values, NUCLEUS_COLOURS, strict=True):
            one = circuits.sel(nucleus=name)
            said = f"{name}: {float(one.omitted_reward_spikes):.2f} spikes a cell, dopamine pauses {float(one.omitted_reward_pause):.0f} ms"
            volley.plot(time, one.omitted_reward_rate, color=colour, lw=1.6, label=said)
        volley.set(title="Habenula, Hz per cell", xlabel="ms since the excitation", xlim=(float(time[0]), float(time[-1])))
        volley.set_ylim(bottom=0)
        pause.bar([str(number) for number in circuits.volley.values], circuits.volley_pause, color=COLOURS["way 3"], width=0.55)
        for column, length in enumerate(circuits.volley_pause.values):
            pause.text(column, length, f"{length:.0f}", ha="center", va="bottom")
        pause.set(title="Dopamine pauses for, ms", xlabel="spikes of every habenula cell")
        pause.margins(y=0.15)
        pause.grid(visible=False, axis="x")
        legend(figure, [volley], 1)
        return svg(figure, "Way 3: the answer to an omitted reward")
