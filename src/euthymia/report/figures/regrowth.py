"""Way 4: signalling within hours, spines within days."""

from ...simulation.simulate import Simulation
from .clock import course_clock
from .style import BLUE, COLOURS, HEALTHY, OLIVE, PURPLE, RED, UNTREATED, legend, own_legend, panels, room, svg, way_text

CHAIN = (
    ("surge_engagement", "engaged by the surge", way_text("way 1"), "--"),
    ("resting_engagement", "engaged by block at rest", COLOURS["receptor"], "--"),
    ("bdnf", "BDNF–TrkB", BLUE, "-"),
    ("mtor", "mTORC1", PURPLE, "-"),
    ("synaptic_proteins", "synaptic proteins", OLIVE, "-"),
    ("fast_potentiation", "fast potentiation", RED, "-"),
    ("structural_signal", "structural signal", COLOURS["way 4"], "-"),
)
AGES = {"transient": (BLUE, ":"), "young": (COLOURS["way 4"], "-"), "persistent": (OLIVE, "--")}
"""Colour and dash of spines by age."""
LEAST_GAIN = 0.01
"""Of healthy density; change that fills a panel, at least."""
ROOM_FOR_LEGEND = 1.4
"""Height of a panel over that of its curves."""


def signalling(simulation: Simulation) -> str:
    """The chain from what engages BDNF to the structural signal."""
    dosed = simulation.data.sel(arm="as given")
    with panels(3.6) as (figure, [[axes]]):
        for name, text, colour, style in CHAIN:
            axes.plot(dosed.time, dosed[name], color=colour, ls=style, label=text)
        course_clock(axes, simulation)
        axes.set(ylabel="relative activity")
        axes.set_ylim(0, max(0.1, 1.05 * max(float(dosed[name].max()) for name, *_ in CHAIN)))
        legend(figure, [axes], 4)
        return svg(figure, "Signalling over time")


def spines(simulation: Simulation) -> str:
    """Density against the controls, spines by age, and how fast they form and are lost."""
    data, dosed = simulation.data, simulation.data.sel(arm="as given")
    with panels(3.5, 1, 3) as (figure, [[density, ages, flow]]):
        density.axhline(float(data.healthy_spine_density), **HEALTHY)
        density.plot(data.time, data.spine_density.sel(arm="untreated"), **UNTREATED)
        for arm, colour, style, text in (
            ("without mTOR", PURPLE, ":", "mTORC1 removed"),
            ("without surge to BDNF", way_text("way 1"), ":", "surge to BDNF removed"),
            ("as given", COLOURS["way 4"], "-", "this course"),
        ):
            density.plot(data.time, data.spine_density.sel(arm=arm), color=colour, ls=style, label=text)
        density.set(title="Spine density, healthy = 1")
        density.margins(y=0.1)
        for name, (colour, style) in AGES.items():
            spines_of_age = dosed[f"{name}_spines"]
            ages.plot(data.time, spines_of_age - spines_of_age[0], color=colour, ls=style, label=name)
        ages.set(title="By age, change from before")
        room(ages, LEAST_GAIN, 0.0, *(line.get_ydata() for line in ages.lines))
        ages.set_ylim(top=ROOM_FOR_LEGEND * ages.get_ylim()[1])
        for values, line, text in (
            (dosed.spine_turnover.sel(flow="formed"), {"color": COLOURS["way 4"]}, "formed"),
            (dosed.spine_turnover.sel(flow="young_eliminated") / dosed.young_spines, {"color": BLUE}, "lost, per young one"),
            (
                dosed.spine_turnover.sel(flow="eliminated") / dosed.persistent_spines,
                {"color": OLIVE, "ls": "--"},
                "lost, per persistent one",
            ),
        ):
            flow.plot(data.time, values / values[0], label=text, **line)
        flow.set(title="Turnover, before = 1")
        flow.set_ylim(0, ROOM_FOR_LEGEND * flow.get_ylim()[1])
        course_clock([density, ages, flow], simulation)
        own_legend(ages, loc="upper right")
        own_legend(flow, loc="upper right")
        legend(figure, [density], 5)
        return svg(figure, "Spine density, spines by age, and turnover")
