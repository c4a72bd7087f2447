"""Drugs in plasma and brain."""

from ...evidence.registry import evidence
from ...pharmacology.comparators import FORMED
from ...simulation.simulate import Simulation
from .clock import course_clock
from .mood import is_the_trial
from .style import BLUE, COLOURS, MOLECULE_CURVES, PAPER, RED, legend, own_data, panels, svg

SHOWN_MASSES = {
    "ketamine, venous": "venous_ketamine_mass",
    "norketamine": "norketamine_mass",
    "hydroxynorketamine": "hydroxynorketamine_mass",
    "dehydronorketamine": "dehydronorketamine_mass",
}
ENANTIOMER_LINES = {"S": (BLUE, "-"), "R": (RED, (0, (4, 2)))}


def ketamine(simulation: Simulation) -> str:
    """Ketamine and metabolites in plasma, and what reaches the brain unbound."""
    data = simulation.data
    with panels(3.7, 1, 2) as (figure, [[plasma, brain]]):
        for label, name in SHOWN_MASSES.items():
            plasma.plot(data.time, data[name], color=MOLECULE_CURVES[label.removesuffix(", venous")].color, lw=1.6, label=label)
            own_data(plasma, simulation.observed, name, inside=MOLECULE_CURVES[label.removesuffix(", venous")].color)
        if is_the_trial(simulation):
            target = evidence().target("zarate2006.venous_peak")
            infused = simulation.protocol.doses[0].duration
            plasma.plot(infused, target.value, "o", color=COLOURS["observed"], mfc=PAPER, label="observed (sets the venous lag)", zorder=5)
        plasma.set(title="Plasma, total, ng/mL")
        plasma.set_yscale("log")
        highest = max(400.0, 2 * float(data.venous_ketamine_mass.max()), plasma.dataLim.ymax)
        plasma.set_ylim(1, highest)
        plasma.yaxis.set_major_formatter("{x:g}")
        for enantiomer, (colour, style) in ENANTIOMER_LINES.items():
            brain.plot(
                data.time,
                data.free_brain_ketamine.sel(enantiomer=enantiomer),
                color=colour,
                ls=style,
                lw=1.6,
                label=f"{enantiomer}-ketamine",
            )
        brain.plot(data.time, data.free_brain_norketamine.sum("enantiomer"), color=MOLECULE_CURVES["norketamine"].color, lw=1.6)
        brain.set(title="Brain, unbound, µM")
        brain.set_ylim(bottom=0)
        course_clock([plasma, brain], simulation)
        legend(figure, [plasma, brain], 4)
        return svg(figure, "Ketamine in plasma and brain")


def watched(simulation: Simulation) -> str:
    """Dissociation, nearness to anaesthesia and blood pressure."""
    data = simulation.data
    with panels(3.0, 1, 2) as (figure, [[mind, pressure]]):
        mind.plot(data.time, 100 * data.dissociation, color=BLUE, label="dissociation")
        mind.plot(data.time, 100 * data.anaesthesia, color=COLOURS["drug"], ls="--", label="of the concentration on awakening")
        mind.set(title="Mind, %")
        mind.set_ylim(0, max(100.0, 110 * float(data.anaesthesia.max())))
        pressure.plot(data.time, data.systolic_rise, color=RED, label="systolic")
        pressure.plot(data.time, data.diastolic_rise, color=RED, ls="--", label="diastolic")
        pressure.set(title="Blood pressure, rise, mmHg")
        pressure.set_ylim(0, max(20.0, 1.15 * float(data.systolic_rise.max())))
        course_clock([mind, pressure], simulation)
        legend(figure, [mind, pressure], 5)
        return svg(figure, "Dissociation and blood pressure")


def comparators(simulation: Simulation) -> str:
    """Each other drug of the course, and what it turns into, in plasma."""
    data = simulation.data
    with panels(2.8) as (figure, [[axes]]):
        doses = {dose.drug for dose in simulation.protocol.doses}
        for drug in (str(name) for name in data.molecule.values if FORMED.get(str(name), str(name)) in doses):
            axes.plot(data.time, data.comparator_mass.sel(molecule=drug), **MOLECULE_CURVES[drug]._asdict(), lw=1.2, label=drug)
        axes.set_ylabel("plasma, total, ng/mL")
        axes.set_ylim(bottom=0)
        course_clock(axes, simulation)
        legend(figure, [axes])
        return svg(figure, "Other drugs in plasma")
