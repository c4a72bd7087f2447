"""The NMDA receptor: three words over time."""

from matplotlib.lines import Line2D

from ...core.types import CELL_CLASSES, SITES
from ...simulation.simulate import Simulation
from ..words import SHORT_CLASS
from .clock import course_clock
from .style import CLASS_COLOURS, FAINT, legend, panels, svg

HABENULA_STYLES = {"habenula_silent": ":", "habenula_tonic": "-.", "habenula_burst": "-"}
KINETICS = {"color": CLASS_COLOURS["habenula"], "ls": "--", "lw": 1.1}
"""Of what bursting cells would hold by the receptor's own kinetics."""
LEAST = 1.0
"""Per cent that fill a panel, at least."""
USED_TO = {"ls": "--", "lw": 1.1}
"""Of the loss that a class of cell has adapted to."""


def receptor(simulation: Simulation) -> str:
    """Bound, pore block and drive loss, one line per cell class, with what cells have adapted to; bound habenular receptors by activity."""
    data = simulation.data
    with panels(3.8, 1, 3) as (figure, [[bound, block, loss]]):
        for site in SITES:
            habenular = site in HABENULA_STYLES
            colour, style = (CLASS_COLOURS["habenula"], HABENULA_STYLES[site]) if habenular else (CLASS_COLOURS[site], "-")
            text = f"{site.replace('_', ', ')} cells" if habenular else SHORT_CLASS.get(site, site)
            bound.plot(data.time, 100 * data.bound.sel(site=site), color=colour, ls=style, lw=1.6, label=text)
        bound.plot(data.time, 100 * data.bound_by_kinetics, **KINETICS, label="habenula, burst cells, by kinetics")
        for axes, word in ((block, "pore_block"), (loss, "drive_loss")):
            for name in CELL_CLASSES:
                axes.plot(data.time, 100 * data[word].sel(cell_class=name), color=CLASS_COLOURS[name], lw=1.6)
        for name in CELL_CLASSES:
            adapted = data.adaptation.sel(arm="as given", cell_class=name)
            loss.plot(data.time, 100 * adapted, color=CLASS_COLOURS[name], **USED_TO)
        for axes, title in ((bound, "Bound, %"), (block, "Pore block, %"), (loss, "Drive loss, %")):
            axes.set_title(title)
            axes.set_ylim(0, max(LEAST, axes.get_ylim()[1]))
            course_clock(axes, simulation)
        loss.legend(handles=[Line2D([], [], color=FAINT, label="adapted to", **USED_TO)], loc="upper right")
        legend(figure, [bound], 3)
        return svg(figure, "Bound receptors, pore block and drive loss per cell class")
