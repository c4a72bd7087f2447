"""Comparators: what they occupy, serotonin, and the feedback that adapts."""

from ...simulation.simulate import Simulation
from .clock import course_clock
from .style import COLOURS, PURPLE, RED, legend, panels, svg


def serotonin(simulation: Simulation) -> str:
    """Transporter and enzyme, serotonin and autoreceptors over the logarithmic clock."""
    dosed = simulation.data.sel(arm="as given")
    with panels(3.3, 1, 2) as (figure, [[target, level]]):
        target.plot(dosed.time, 100 * dosed.sert_occupancy, color=COLOURS["serotonin"], lw=1.4, label="serotonin transporter, occupied")
        if float(dosed.dat_occupancy.max()) > 0:
            target.plot(dosed.time, 100 * dosed.dat_occupancy, color=COLOURS["way 3"], lw=1.4, label="dopamine transporter, occupied")
        target.plot(dosed.time, 100 * dosed.mao_block, color=RED, lw=1.4, label="MAO-A, lost")
        target.set(title="Targets, %", ylim=(0, 100))
        level.plot(dosed.time, dosed.serotonin, color=COLOURS["serotonin"], lw=2.4, label="serotonin, healthy = 1")
        level.plot(dosed.time, dosed.autoreceptor, color=PURPLE, ls="--", label="autoreceptor sensitivity, naive = 1")
        level.set_title("Serotonin and its feedback")
        level.set_ylim(bottom=0)
        course_clock([target, level], simulation)
        legend(figure, [target, level], 4)
        return svg(figure, "Transporter, monoamine oxidase, serotonin and autoreceptors")
