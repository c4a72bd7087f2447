"""Figures of one simulation as SVG text, all on one logarithmic clock, so that the cascade reads from left to right."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib as mpl
import numpy as np

mpl.use("svg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from ..core.types import CELL_CLASSES
from ..evidence.registry import evidence
from ..experiments.simulation import Simulation, first_visit
from ..protocols.reading import DEFAULT, read
from .summary import WORDS

INK, FAINT, GRID = "#1b2733", "#7b8794", "#e6eaee"
COLOURS = {
    "drug": "#4c6fae",
    "receptor": "#8a63b5",
    "way 2": "#c2703d",
    "way 4": "#2f8f6b",
    "mood": "#b5446e",
    "context": "#a0a8b0",
    "observed": "#1b2733",
}
CLASS_COLOURS = dict(zip(CELL_CLASSES, ("#4c6fae", "#d08c2c", "#8a63b5", "#2f8f6b"), strict=True))
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "euthymia",
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica Neue", "Arial", "DejaVu Sans"],
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "lines.linewidth": 2,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}
FIRST_SHOWN = 1 / 12
"""Left edge of the logarithmic clock, h."""
TICKS = {
    1 / 6: "10 min",
    2 / 3: "40 min",
    2: "2 h",
    6: "6 h",
    24: "1 d",
    72: "3 d",
    168: "7 d",
    336: "14 d",
    672: "28 d",
    2160: "90 d",
    8760: "1 y",
}


@contextmanager
def _figure(width: float, height: float, rows: int = 1, columns: int = 1, **options) -> Iterator[tuple[Figure, np.ndarray]]:
    with mpl.rc_context(STYLE):
        figure, axes = plt.subplots(rows, columns, figsize=(width, height), squeeze=False, **options)
        try:
            yield figure, axes
        finally:
            plt.close(figure)


def _svg(figure: Figure, description: str) -> str:
    text = io.StringIO()
    figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Title": description, "Creator": None})
    svg = text.getvalue()
    return svg[svg.index("<svg") :].replace("<svg ", '<svg role="img" ', 1)


def _end(simulation: Simulation) -> float:
    """Last time of a course, h after the first dose."""
    return float(simulation.data.time[-1])


def _clock(axes: Axes, simulation: Simulation) -> None:
    """The shared logarithmic time axis."""
    horizon = _end(simulation)
    axes.set_xscale("log")
    axes.set_xlim(FIRST_SHOWN, horizon)
    shown = {t: text for t, text in TICKS.items() if FIRST_SHOWN <= t <= horizon}
    axes.xaxis.set_major_locator(FixedLocator(list(shown)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(list(shown), list(shown.values()))
    for dose in simulation.protocol.doses:
        start = dose.start - first_visit(simulation.protocol)
        end = start + max(dose.duration or 0, 0.05)
        axes.axvspan(max(start, FIRST_SHOWN), max(end, FIRST_SHOWN), color=COLOURS["drug"], alpha=0.12, lw=0)


def mood(simulation: Simulation) -> str:
    """MADRS over days, against the untreated course, with what trials observed."""
    data = simulation.data
    days = data.time / 24
    with _figure(8.2, 3.9) as (figure, [[axes]]):
        axes.plot(days, data.madrs.sel(arm="untreated"), color=FAINT, ls="--", label="untreated")
        if simulation.protocol.context != "none":
            axes.plot(days, data.madrs.sel(arm="context"), color=COLOURS["context"], label="context of the visit alone")
        if simulation.protocol.doses:
            axes.plot(days, data.madrs.sel(arm="without regrowth"), color=COLOURS["way 4"], lw=1.4, ls=":", label="regrowth removed")
        axes.plot(days, data.madrs.sel(arm="as given"), color=COLOURS["mood"], lw=2.8, label="this course, ways 2 and 4")
        if is_the_trial(simulation):
            _observed(axes, simulation)
        for dose in simulation.protocol.doses:
            axes.axvline((dose.start - first_visit(simulation.protocol)) / 24, color=COLOURS["drug"], lw=1, alpha=0.5)
        axes.set_xlim(-0.15 if simulation.protocol.doses else 0, _end(simulation) / 24)
        axes.set_ylim(0, max(45.0, float(data.madrs.max()) + 5) if float(data.madrs.max()) > 12 else 20)
        axes.set(xlabel="days since the first dose", ylabel="MADRS (0–60)")
        axes.legend(loc="lower right", ncols=2, fontsize=9)
        return _svg(figure, "MADRS over time")


def is_the_trial(simulation: Simulation) -> bool:
    """Whether the course is the one that the observed points come from: the doses of the default protocol."""
    protocol = simulation.protocol
    return protocol.patient.condition == "depressed" and protocol.doses == read(DEFAULT).doses


def _observed(axes: Axes, simulation: Simulation) -> None:
    start = float(simulation.data.madrs.sel(arm="untreated")[0])
    for row, hours, marker, text in (
        ("murrough2013b.madrs_2h", 2.0, "D", "observed, open label, first of six (SD)"),
        ("murrough2013.madrs_24h", 24.0, "o", "observed, midazolam-controlled (SD)"),
    ):
        target = evidence().target(row)
        assert target.lower is not None
        assert target.upper is not None
        spread = [[target.value - target.lower], [target.upper - target.value]]
        axes.errorbar(
            hours / 24,
            start + target.value,
            yerr=spread,
            fmt=marker,
            color=COLOURS["observed"],
            mfc="white",
            ms=6,
            lw=1,
            capsize=3,
            label=text,
        )


def cascade(simulation: Simulation) -> str:
    """Every stage from drug to mood, each scaled to its own largest change, one above the other."""
    data, given = simulation.data, simulation.data.sel(arm="as given")
    stages: list[tuple[str, object, str]] = [
        ("ketamine in venous plasma", data.venous_ketamine_mass, COLOURS["drug"]),
        ("free ketamine in brain", data.free_brain_ketamine.sum("enantiomer"), COLOURS["drug"]),
        ("NMDA drive loss, pyramidal", data.drive_loss.sel(cell_class="pyramidal"), COLOURS["receptor"]),
        ("calcium load, relief (way 2)", given.calcium_load[0] - given.calcium_load, COLOURS["way 2"]),
        ("BDNF–TrkB", given.bdnf, COLOURS["way 4"]),
        ("mTORC1", given.mtor, COLOURS["way 4"]),
        ("synaptic proteins", given.synaptic_proteins, COLOURS["way 4"]),
        ("fast potentiation", given.fast_potentiation, COLOURS["way 4"]),
        ("spines formed (way 4)", given.spine_density - given.spine_density[0], COLOURS["way 4"]),
        ("MADRS, fall", given.madrs[0] - given.madrs, COLOURS["mood"]),
    ]
    with _figure(8.2, 4.6) as (figure, [[axes]]):
        for place, (_, values, colour) in enumerate(reversed(stages)):
            curve = np.clip(np.asarray(values, float), 0, None)
            height = curve / curve.max() * 0.86 if curve.max() > 0 else curve
            axes.fill_between(data.time, place, place + height, color=colour, alpha=0.28, lw=0)
            axes.plot(data.time, place + height, color=colour, lw=1.6)
        axes.set_yticks(np.arange(len(stages)) + 0.3, [name for name, *_ in reversed(stages)])
        axes.grid(visible=False, axis="y")
        axes.set_ylim(-0.1, len(stages))
        axes.spines["left"].set_visible(False)
        _clock(axes, simulation)
        axes.set_xlabel("time since the first dose (logarithmic)")
        return _svg(figure, "The causal chain over time, each stage scaled to its own peak")


def drug(simulation: Simulation) -> str:
    """Ketamine and metabolites in plasma, and what reaches the brain unbound."""
    data = simulation.data
    with _figure(8.2, 3.3, 1, 2) as (figure, [[plasma, brain]]):
        horizon, repeated = _end(simulation), len(simulation.protocol.doses) > 1
        unit, name_of_unit = (24.0, "days") if repeated else (1.0, "hours")
        last = horizon if repeated else min(horizon, 24.0)
        for name, values, colour in (
            ("ketamine, venous", data.venous_ketamine_mass, COLOURS["drug"]),
            ("norketamine", data.norketamine_mass, "#8a63b5"),
            ("hydroxynorketamine", data.hydroxynorketamine_mass, "#d08c2c"),
        ):
            plasma.plot(data.time / unit, values, color=colour, label=name)
        if is_the_trial(simulation):
            target = evidence().target("zarate2006.venous_peak")
            end = simulation.protocol.doses[0].duration
            plasma.plot(end, target.value, "o", color=COLOURS["observed"], mfc="white", label="observed (sets the venous lag)")
        plasma.set(title="Plasma, total", ylabel="ng/mL", xlabel=name_of_unit, xlim=(0, last / unit))
        plasma.set_yscale("log")
        plasma.set_ylim(1, max(400.0, 2 * float(data.venous_ketamine_mass.max())))
        plasma.yaxis.set_major_formatter("{x:g}")
        plasma.legend(fontsize=8.5)
        for hand, colour, style in (("S", "#4c6fae", "-"), ("R", "#d08c2c", (0, (4, 4)))):
            brain.plot(data.time, data.free_brain_ketamine.sel(enantiomer=hand), color=colour, ls=style, label=f"{hand}-ketamine")
        brain.plot(data.time, data.free_brain_norketamine.sum("enantiomer"), color="#8a63b5", label="norketamine")
        brain.set(title="Brain, unbound", ylabel="µM", xlabel="hours", xlim=(0, min(last, 8.0)))
        brain.set_ylim(bottom=0)
        brain.legend(fontsize=8.5)
        return _svg(figure, "Drug in plasma and brain")


def receptor(simulation: Simulation) -> str:
    """The three words over time, one line per cell class."""
    data = simulation.data
    top = 105 * max(float(data[word].max()) for word in WORDS)
    with _figure(8.2, 3.2, 1, 3, sharey=True) as (figure, [panels]):
        for axes, word in zip(panels, WORDS, strict=True):
            for name in CELL_CLASSES:
                axes.plot(data.time, 100 * data[word].sel(cell_class=name), color=CLASS_COLOURS[name], label=name)
            axes.set(title=word.replace("_", " "), xlabel="hours", xlim=(0, min(_end(simulation), 8.0)), ylim=(0, max(top, 1)))
        panels[0].set_ylabel("%")
        panels[0].legend(fontsize=8.5)
        return _svg(figure, "Bound receptors, pore block and drive loss per cell class")


def calcium(simulation: Simulation) -> str:
    """Way 2: load, damage, gain."""
    data = simulation.data
    panels = (
        ("calcium_load", "Extrasynaptic calcium load", "healthy = 1"),
        ("damage", "Damage", "healthy = 0, stress 1 = 1"),
        ("excitatory_gain", "Excitatory gain", "healthy = 1"),
    )
    with _figure(8.2, 2.9, 1, 3) as (figure, [row]):
        for axes, (name, title, unit) in zip(row, panels, strict=True):
            axes.plot(data.time, data[name].sel(arm="untreated"), color=FAINT, ls="--", label="untreated")
            axes.plot(data.time, data[name].sel(arm="as given"), color=COLOURS["way 2"], label="this course")
            _clock(axes, simulation)
            axes.tick_params(axis="x", labelrotation=60)
            low, high = float(data[name].min()), float(data[name].max())
            middle, half = (low + high) / 2, max((high - low) * 0.7, 0.05)
            axes.set_ylim(middle - half, middle + half)
            axes.set_title(title)
            axes.set_ylabel(unit)
        row[0].legend(fontsize=8.5)
        return _svg(figure, "Way 2: calcium load, damage and excitatory gain")


def signalling(simulation: Simulation) -> str:
    """Way 4, hours: the chain from BDNF to the structural signal."""
    given = simulation.data.sel(arm="as given")
    with _figure(8.2, 3.1) as (figure, [[axes]]):
        for name, text, colour in (
            ("bdnf", "BDNF–TrkB", "#d08c2c"),
            ("mtor", "mTORC1", "#8a63b5"),
            ("synaptic_proteins", "synaptic proteins", "#4c6fae"),
            ("fast_potentiation", "fast potentiation", COLOURS["mood"]),
            ("structural_signal", "structural signal", COLOURS["way 4"]),
        ):
            axes.plot(given.time, given[name], color=colour, label=text)
        _clock(axes, simulation)
        axes.set(ylabel="relative activity", xlabel="time since the first dose (logarithmic)")
        axes.set_ylim(bottom=0)
        axes.legend(fontsize=9)
        return _svg(figure, "Signalling over time")


def spines(simulation: Simulation) -> str:
    """Way 4, days: density against the controls, and the rate of formation."""
    data = simulation.data
    with _figure(8.2, 3.2, 1, 2) as (figure, [[density, flow]]):
        density.axhline(float(data.healthy_spine_density), color=FAINT, lw=1, ls="-.", label="healthy")
        for arm, colour, style, text in (
            ("untreated", FAINT, "--", "untreated"),
            ("without mTOR", "#8a63b5", ":", "mTORC1 removed"),
            ("as given", COLOURS["way 4"], "-", "this course"),
        ):
            density.plot(data.time / 24, data.spine_density.sel(arm=arm), color=colour, ls=style, label=text)
        density.set(title="Spine density", ylabel="healthy = 1", xlabel="days", xlim=(0, _end(simulation) / 24))
        density.margins(y=0.15)
        density.legend(fontsize=8.5, loc="lower right", bbox_to_anchor=(1, 0.12))
        flows, given = data.spine_turnover.sel(arm="as given"), data.sel(arm="as given")
        for values, colour, text in (
            (flows.sel(flow="formed"), COLOURS["way 4"], "formed"),
            (flows.sel(flow="eliminated") / given.persistent_spines, COLOURS["way 2"], "eliminated, per spine"),
        ):
            flow.plot(data.time, values / values[0], color=colour, label=text)
        _clock(flow, simulation)
        flow.set(title="Turnover against before", ylabel="fold")
        flow.set_ylim(bottom=0)
        flow.legend(fontsize=8.5)
        return _svg(figure, "Spine density and turnover")


def symptoms(simulation: Simulation) -> str:
    """Item ratings before and at the checkpoints."""
    data = simulation.data.sel(arm="as given")
    names = [str(name).replace("_", " ") for name in data.item.values]
    shown = [(name, hours) for name, hours in simulation.checkpoints().items() if name in ("2 h", "24 h", "7 d")]
    shades = ("#e7b3c6", COLOURS["mood"], "#7a2b49")
    with _figure(8.2, 3.6) as (figure, [[axes]]):
        place = np.arange(len(names))[::-1]
        axes.hlines(place, 0, data["items"].isel(time=0), color=GRID, lw=6)
        axes.plot(data["items"].isel(time=0), place, "|", color=INK, ms=11, mew=2, label="before")
        for (name, hours), shade in zip(shown, shades, strict=False):
            axes.plot(data["items"].sel(time=hours, method="nearest"), place, "o", color=shade, ms=6, label=name)
        axes.set_yticks(place, names)
        axes.set(xlim=(0, 6), xlabel="rating (0–6)")
        axes.legend(loc="lower right", fontsize=9)
        return _svg(figure, "Ratings of the ten MADRS items")


def shares(simulation: Simulation) -> str:
    """Who moved what: points of MADRS by context and way."""
    with _figure(8.2, 3.0) as (figure, [[axes]]):
        for who, part in simulation.shares().items():
            axes.plot(part.time, part, color=COLOURS[who], label=who)
        axes.axhline(0, color=FAINT, lw=0.8)
        _clock(axes, simulation)
        axes.set(ylabel="MADRS points", xlabel="time since the first dose (logarithmic)")
        axes.legend(fontsize=9, loc="lower left")
        return _svg(figure, "Share of the mood change by context and way")
