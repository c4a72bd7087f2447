"""Way 5: the limbic lock, its landscape and its course."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from ...core.constants import DAY, MINUTE, MONTH, YEAR
from ...simulation.simulate import Simulation
from .clock import course_clock
from .style import COLOURS, FAINT, INK, SOFT, UNTREATED, legend, panels, svg

LONGEST = 100 * YEAR
"""Mean times are drawn up to a century, h."""
SPANS = {MINUTE: "1 min", 1.0: "1 h", DAY: "1 d", MONTH: "1 month", YEAR: "1 y", LONGEST: "100 y"}
AGES = {1.0: "1 h", YEAR: "1 y", **{10.0**power * YEAR: f"$10^{{{power}}}$ y" for power in (6, 12, 18, 24, 30, 36)}}
"""Mean times of any length, h."""
NETWORKS = {"limbic": COLOURS["way 5"], "cognitive": FAINT}
AFTER = {"24 h": "-", "7 d": "--"}
"""Dash of each checkpoint."""
RUG = 0.1
"""Height of the strokes that stand for subnetworks."""
MOST_STROKE = 16
"""Points that a stroke would be longer, were it the whole network."""


def window(simulation: Simulation, circuits: xr.Dataset) -> str:
    """The landscape: which states stand still at which limbic drive, and where this course is in it."""
    data, checkpoints = simulation.data, simulation.checkpoints()
    drive_of = data.limbic_input.sel(arm="as given")
    lower, upper = (float(edge) for edge in circuits.bistable_window.sel(landscape="undrugged"))
    with panels(4.3) as (figure, [[axes]]):
        axes.axvspan(lower, upper, color=COLOURS["way 5"], alpha=0.08, lw=0, label="two states")
        _branches(axes, circuits.sel(landscape="undrugged"), COLOURS["way 5"], "undrugged")
        if float(data.drive_loss.max()) > 0:
            _branches(axes, circuits.sel(landscape="at the peak loss"), FAINT, "at the peak loss")
        own = float(data.limbic_input.sel(arm="untreated")[0])
        marks = {"healthy": (float(circuits.healthy_limbic_input), SOFT, "-."), "this patient, before": (own, INK, ":")}
        marks |= {
            f"after {name}": (float(drive_of.sel(time=checkpoints[name], method="nearest")), COLOURS["mood"], dash)
            for name, dash in AFTER.items()
            if name in checkpoints
        }
        for text, (drive, colour, dash) in marks.items():
            axes.axvline(drive, color=colour, lw=1.4, ls=dash, label=f"{text}: {drive:.3f} nA")
        for drive, weight in zip(circuits.subnetwork_drive.values, circuits.subnetwork_share.values, strict=True):
            axes.plot(drive, RUG, "|", color=INK, ms=4 + MOST_STROKE * weight, mew=1.6)
        for state, (drive, colour, _) in zip(circuits.initial_state.values, marks.values(), strict=False):
            axes.plot(drive, float(circuits.undrugged_S.sel(initial_state=state, network="limbic")), "o", color=colour, ms=8, zorder=5)
        seen = [lower, upper, *(drive for drive, *_ in marks.values()), *circuits.bistable_window.sel(landscape="at the peak loss").values]
        seen = [drive for drive in seen if np.isfinite(drive)]
        margin = 0.25 * (max(seen) - min(seen))
        axes.set(
            xlim=(min(seen) - margin, max(seen) + margin),
            ylim=(0, 1),
            xlabel="limbic drive, nA",
            ylabel="open NMDA channels, limbic network",
        )
        axes.text(0.99, 0.97, "locked", ha="right", va="top", color=COLOURS["way 5"], transform=axes.transAxes)
        axes.text(0.01, 0.03, "quiet", ha="left", va="bottom", color=COLOURS["way 5"], transform=axes.transAxes)
        legend(figure, [axes], 3)
        return svg(figure, "Way 5: states of the limbic network by its drive")


def _branches(axes: Axes, landscape: xr.Dataset, colour: str, text: str) -> None:
    """Stable branches solid, the one between them dashed."""
    S, drive, is_stable = (landscape[name].values for name in ("limbic_S", "holding_drive", "holding_stable"))
    for stable, style in ((True, "-"), (False, "--")):
        kept = np.where(is_stable == stable, drive, np.nan)
        axes.plot(kept, S, color=colour, ls=style, lw=2 if stable else 1.2, label=text if stable else None)


def lock(simulation: Simulation) -> str:
    """Locked share of the network, and the mean times of its middle subnetwork into the lock and out of it."""
    data, dosed = simulation.data, simulation.data.sel(arm="as given")
    with panels(3.5, 1, 2) as (figure, [[share, times]]):
        share.plot(data.time, 100 * data.lock.sel(arm="untreated"), **UNTREATED)
        share.plot(data.time, 100 * dosed.lock, color=COLOURS["way 5"], label="this course")
        share.set(title="Locked share of the network, %", ylim=(-2, 105))
        for name, style, text in (("lock_out_of", "-", "mean time to escape"), ("lock_into", ":", "mean time to lock again")):
            times.plot(data.time, 1 / dosed[name], color=COLOURS["way 5"], ls=style, label=text)
        times.set_yscale("log")
        times.set_yticks(list(SPANS), list(SPANS.values()))
        times.minorticks_off()
        times.set(title="Middle subnetwork: escape and relapse", ylim=(MINUTE, LONGEST))
        course_clock([share, times], simulation)
        legend(figure, [share, times], 4)
        return svg(figure, "Way 5: the limbic lock over time")


def passages_by_noise(circuits: xr.Dataset) -> str:
    """Mean times into the lock and out of it, untreated, by the noise that sets them."""
    noise, used = 1000 * circuits.noise, 1000 * float(circuits.noise_used)
    with panels(2.9) as (figure, [[axes]]):
        for name, style, text in (("out_of", "o-", "to escape, untreated"), ("into", "o:", "to lock")):
            axes.plot(noise, circuits[f"noise_passage_{name}"], style, color=COLOURS["way 5"], label=f"mean time {text}")
        axes.axhline(LONGEST, color=FAINT, lw=1, ls="--", label="100 years")
        axes.axvline(used, color=INK, lw=1, ls=":", label=f"noise here, {used:g} pA")
        axes.set(yscale="log", xlabel="noise of the networks, pA")
        axes.set_yticks(list(AGES), list(AGES.values()))
        axes.set_xticks(list(noise.values), [f"{value:g}" for value in noise.values])
        axes.minorticks_off()
        axes.set_ylim(float(circuits.noise_passage_into.min()) / 10, 10 * float(circuits.noise_passage_out_of.max()))
        legend(figure, [axes], 4)
        return svg(figure, "Way 5: mean times into the limbic lock and out of it by noise")


def disruption(simulation: Simulation, circuits: xr.Dataset) -> str:
    """Acute disruption by loss of drive: how networks talk in health, and how they fire from the lock."""
    peak = 100 * float(simulation.data.limbic_block.sel(arm="as given").max())
    critical, block = 100 * float(circuits.critical_block), 100 * circuits.block
    with panels(3.4, 1, 2) as (figure, [[talk, rates]]):
        talk.plot(block, circuits.communication.sel(initial_state="at rest, healthy"), color=SOFT, label="healthy networks at rest")
        talk.set(title="In health: communication, undrugged = 1", xlabel="loss of NMDA drive, %")
        talk.set_ylim(0, 1.05)
        for name, colour in NETWORKS.items():
            rates.plot(
                block, circuits.network_rate.sel(initial_state="locked, this patient", network=name), color=colour, label=f"{name} network"
            )
        rates.set(title="From the lock: firing, Hz", xlabel="loss of NMDA drive, %")
        rates.set_ylim(bottom=0)
        for axes in (talk, rates):
            axes.set_xlim(0, 100)
            axes.axvline(peak, color=INK, lw=1, ls=":", label="peak loss of this course")
            if np.isfinite(critical):
                axes.axvline(critical, color=COLOURS["way 5"], lw=1, ls="--", label="lock vanishes")
        legend(figure, [talk, rates], 3)
        return svg(figure, "Way 5: acute disruption by loss of NMDA drive")
