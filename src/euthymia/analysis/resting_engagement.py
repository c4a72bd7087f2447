"""A blocker other than ketamine at several engagements of resting receptors, on which sources disagree."""

import equinox as eqx
import numpy as np

from ..model.parameters import Euthymia
from ..receptors.nmdar import BLOCKERS
from ..simulation.interventions import ARMS
from ..simulation.simulate import Simulation, simulate

ENGAGEMENTS = (0.0, 0.5, 1.0)
"""Effect on receptors at rest over that of ketamine at equal pore block."""


def beyond_context_by_engagement(simulation: Simulation, model: Euthymia) -> dict[float, float]:
    """MADRS beyond the context at the end of a course (points), were its blockers other than ketamine to engage resting receptors so far.

    Empty where none is given. Only the engagement differs, and arms are those of the course, so that all run in its compiled program.
    """
    dosed = {dose.drug for dose in simulation.protocol.doses}
    indices = np.array([index for index, blocker in enumerate(BLOCKERS) if blocker in dosed], int)
    arms, coalitions = [arm for arm in simulation.data.arm.values if arm in ARMS], simulation.coalitions is not None
    points = {}
    for share in ENGAGEMENTS if indices.size else ():
        engaged = model.physiology.receptor.resting_engagement.at[indices].set(share)
        changed = eqx.tree_at(lambda changed: changed.physiology.receptor.resting_engagement, model, engaged)
        course = simulate(simulation.protocol, changed, arms=arms, coalitions=coalitions, without=simulation.without)
        madrs = course.data.madrs.isel(time=-1)
        points[share] = float(madrs.sel(arm="as given") - madrs.sel(arm="context"))
    return points
