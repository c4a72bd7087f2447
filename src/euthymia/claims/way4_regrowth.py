"""Predictions about way 4, signalling and regrowth."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import xarray as xr

from ..core.constants import DAY, WEEK
from ..evidence.registry import evidence
from ..links import every_link
from ..model.state import no_input
from ..model.vector_field import turnover_rates
from ..plasticity.spines import density, spines_after
from ..simulation.simulate import Simulation
from .claim import Prediction
from .in_use import model_in_use
from .reference_runs import reference_run, relief, undosed

LOSSES = ("vanished", "young_eliminated", "eliminated")
"""Flows by which spines are lost."""
EIGHT_DAYS = 8 * DAY
"""Age from which a spine counts as persistent (Holtmaat 2005)."""
RAISED = 1.25
"""Fold over baseline that a two-photon study of formation would call a rise."""


def _share_of_relief(arm: str, hours: float) -> float:
    """Relief beyond the visit that an arm keeps, as a share of the relief as given."""
    return relief(arm, hours) / relief("as given", hours)


def _early_minus_late(arm: str) -> float:
    """Latent relief by mechanisms at 2 h that an arm keeps, less what it keeps at 7 d; as shares of that as given."""
    shift = reference_run().data.mechanism_shift.sum("item").sel(time=[2.0, WEEK], method="nearest")
    early, late = (shift.sel(arm=arm) / shift.sel(arm="as given")).to_numpy()
    return float(early - late)


def _time_of_formation_rise(arm: str) -> float:
    """When spine formation is first raised, h; infinite if never."""
    formed = reference_run().data.spine_turnover.sel(arm=arm, flow="formed")
    raised = formed.time[(formed > RAISED * formed[0]).to_numpy()]
    return float(raised[0]) if raised.size else float("inf")


def _spine_gain(arm: str, hours: float) -> float:
    """Change of spine density since the start, as a share of a healthy complement."""
    density = reference_run().data.spine_density.sel(arm=arm)
    return float(density.sel(time=hours, method="nearest") - density[0])


def _unstressed_gain_kept(arm: str) -> float:
    """Gain of spines two weeks after a dose in a brain without stress, over the largest as given."""
    density = reference_run(stress=0.0).data.spine_density
    gain = density - density.isel(time=0)
    return float(gain.sel(arm=arm).sel(time=2 * WEEK, method="nearest") / gain.sel(arm="as given").max())


def _spine_loss(data: xr.Dataset) -> float:
    """Share of spines lost between day 1 and day 3."""
    days = slice(DAY, 3 * DAY)
    lost = data.spine_turnover.sel(flow=list(LOSSES), time=days).sum("flow")
    return float(np.trapezoid(lost / data.spine_density.sel(time=days), lost.time))


def _change_of_loss(run: Simulation) -> float:
    """Spines lost between day 1 and day 3 against those lost untreated, as a share."""
    return _spine_loss(run.data.sel(arm="as given")) / _spine_loss(reference_run().data.sel(arm="untreated")) - 1


def _survivors(stress: float, hours: float) -> float:
    """Share of the spines present at one time that are there ``hours`` later, undosed at constant stress.

    A cohort decays on its own: nothing that forms later belongs to it.
    """
    p, brain = model_in_use().physiology, undosed(stress)
    rates = turnover_rates(p, brain.rest, no_input(), brain, every_link())
    no_sites = replace(p.spines, sites=density(brain.rest.spines))
    cohort = spines_after(no_sites, brain.rest.spines, rates._replace(formation=jnp.zeros(())), jnp.asarray(hours))
    return float(density(cohort) / density(brain.rest.spines))


def _spine_deficit(stress: float | None = None) -> float:
    """Spines that an undosed patient lacks, as a share of a healthy complement."""
    return float(1 - sum(undosed(stress).rest.spines) / sum(undosed(0.0).rest.spines))


def _share_of_peak(name: str, hours: float, arm: str) -> float:
    """An activity at a time, as a share of its peak as given."""
    data = reference_run().data[name]
    return float(data.sel(arm=arm).sel(time=hours, method="nearest") / data.sel(arm="as given").max())


def _potentiation_when_observed(arm: str) -> float:
    """Fast potentiation at the time of the observation, as a share of its peak as given."""
    return _share_of_peak("fast_potentiation", evidence().target("cornwell2012.potentiation").value, arm)


PREDICTIONS = {
    "way4.formation_latency": Prediction(lambda: _time_of_formation_rise("as given"), lambda: _time_of_formation_rise("without regrowth")),
    "way4.fraction_restored": Prediction(
        lambda: _spine_gain("as given", DAY) / _spine_deficit(), lambda: _spine_gain("without regrowth", DAY) / _spine_deficit()
    ),
    "way4.maintenance": Prediction(lambda: _early_minus_late("without regrowth"), lambda: _early_minus_late("as given")),
    "way4.mtor": Prediction(
        lambda: 1 - _spine_gain("without mTOR", DAY) / _spine_gain("as given", DAY),
        lambda: 1 - _spine_gain("as given", DAY) / _spine_gain("as given", DAY),
    ),
    "way4.mtor_return": Prediction(lambda: _share_of_peak("mtor", 2.0, "as given"), lambda: _share_of_peak("mtor", 1.0, "as given")),
    "way4.oral_rapamycin": Prediction(
        lambda: 1 - _share_of_relief("without mTOR", DAY), lambda: 1 - _share_of_relief("without way 4", DAY)
    ),
    "way4.loss_unchanged": Prediction(lambda: _change_of_loss(reference_run()), lambda: _change_of_loss(reference_run(stress=1.0))),
    "way4.turnover": Prediction(lambda: 1 - _survivors(0.0, 2 * WEEK), lambda: 1 - _survivors(1.0, 2 * WEEK)),
    "way4.persistence": Prediction(lambda: _survivors(0.0, EIGHT_DAYS), lambda: _survivors(0.0, DAY)),
    "way4.density_two_weeks": Prediction(lambda: _unstressed_gain_kept("as given"), lambda: _unstressed_gain_kept("without regrowth")),
    "way4.synaptic_density": Prediction(lambda: _spine_gain("as given", DAY), lambda: _spine_gain("as given", 3 * DAY)),
    "way4.potentiation": Prediction(
        lambda: _potentiation_when_observed("as given"),
        lambda: _potentiation_when_observed("without regrowth and potentiation"),
    ),
    "way4.deficit": Prediction(_spine_deficit, lambda: _spine_deficit(0.0)),
}
