"""Way 4: signalling within hours, spines within days."""

from ...simulation.simulate import Simulation
from .clock import course_clock
from .style import BLUE, COLOURS, FAINT, HEALTHY, OLIVE, PURPLE, RED, UNTREATED, legend, own_legend, panels, svg, way_text

CHAIN = (
    ("surge_engagement", "engaged by the surge", way_text("way 1"), "--"),
    ("resting_engagement", "engaged by block at rest", COLOURS["receptor"], "--"),
    ("bdnf", "BDNF–TrkB", BLUE, "-"),
    ("mtor", "mTORC1", PURPLE, "-"),
    ("synaptic_proteins", "synaptic proteins", OLIVE, "-"),
    ("fast_potentiation", "fast potentiation", RED, "-"),
    ("structural_signal", "structural signal", COLOURS["way 4"], "-"),
)


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
    """Density against the controls, and the rate of formation."""
    data = simulation.data
    with panels(3.5, 1, 2) as (figure, [[density, flow]]):
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
        dosed = data.sel(arm="as given")
        for values, colour, text in (
            (dosed.spine_turnover.sel(flow="formed"), COLOURS["way 4"], "formed"),
            (dosed.spine_turnover.sel(flow="eliminated") / dosed.persistent_spines, FAINT, "eliminated, per spine"),
        ):
            flow.plot(data.time, values / values[0], color=colour, label=text)
        flow.set(title="Turnover, before = 1")
        flow.set_ylim(bottom=0)
        course_clock([density, flow], simulation)
        own_legend(flow, loc="upper left")
        legend(figure, [density], 5)
        return svg(figure, "Spine density and turnover")
