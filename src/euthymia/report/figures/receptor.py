"""The NMDA receptor: three words over time."""

from ...core.types import CELL_CLASSES, SITES
from ...simulation.simulate import Simulation
from .clock import course_clock
from .style import CLASS_COLOURS, SHORT_CLASS, legend, panels, svg

HABENULA_STYLES = {"habenula_silent": ":", "habenula_tonic": "--", "habenula_burst": "-"}


def receptor(simulation: Simulation) -> str:
    """Bound, pore block and drive loss, one line per cell class; bound habenular receptors by activity of the cell."""
    data = simulation.data
    with panels(3.8, 1, 3) as (figure, [[bound, block, loss]]):
        for site in SITES:
            habenular = site in HABENULA_STYLES
            colour, style = (CLASS_COLOURS["habenula"], HABENULA_STYLES[site]) if habenular else (CLASS_COLOURS[site], "-")
            text = f"{site.replace('_', ', ')} cells" if habenular else SHORT_CLASS.get(site, site)
            bound.plot(data.time, 100 * data.bound.sel(site=site), color=colour, ls=style, lw=1.6, label=text)
        for axes, word in ((block, "pore_block"), (loss, "drive_loss")):
            for name in CELL_CLASSES:
                axes.plot(data.time, 100 * data[word].sel(cell_class=name), color=CLASS_COLOURS[name], lw=1.6)
        for axes, title in ((bound, "Bound, %"), (block, "Pore block, %"), (loss, "Drive loss, %")):
            axes.set_title(title)
            axes.set_ylim(bottom=0)
            course_clock(axes, simulation)
        legend(figure, [bound], 4)
        return svg(figure, "Bound receptors, pore block and drive loss per cell class")
