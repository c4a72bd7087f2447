"""Predictions about the NMDA receptor, on which all five ways rest, and about ketamine in the body."""

from dataclasses import replace

import jax.numpy as jnp
import xarray as xr

from ..analysis.trapping import largest_trapped_share
from ..core.constants import DAY, MINUTE, NG_PER_ML
from ..core.numerics.roots import find_root
from ..core.types import SITES, SUBUNITS
from ..links import HABENULA, PYRAMIDAL
from ..protocols.reading import check
from ..receptors.nmdar import NMDAReceptor, drive_loss, only_ketamine, pore_block, resting_unblock, trapping_rates
from ..simulation.exposure import exposures
from .claim import Prediction
from .in_use import model_in_use
from .reference_runs import dose_ends, reference_run

HALF_AN_HOUR = 0.5
NO_MAGNESIUM = 1e-9
"""mM; zero for every purpose here."""


def _receptor(magnesium: float | None = None, subunit: str | None = None) -> NMDAReceptor:
    """The default receptor, at another magnesium (mM), made of one subunit, or both."""
    receptor = model_in_use().physiology.receptor
    if magnesium is not None:
        receptor = replace(receptor, magnesium=replace(receptor.magnesium, concentration=jnp.asarray(magnesium)))
    if subunit is not None:
        pure = jnp.eye(len(SUBUNITS))[SUBUNITS.index(subunit)]
        receptor = replace(receptor, composition=jnp.broadcast_to(pure, receptor.composition.shape))
    return receptor


def half_block(receptor: NMDAReceptor) -> float:
    """Racemic ketamine (µM) that removes half of the NMDA charge of a pyramidal cell."""
    return float(jnp.exp(find_root(lambda log_c: pore_block(receptor, only_ketamine(jnp.exp(log_c)))[PYRAMIDAL] - 1 / 2, jnp.zeros(()))))


def half_occupancy(receptor: NMDAReceptor) -> float:
    """Unbound plasma ketamine (µM) at which half of a pyramidal cell's receptors carry the drug in the end."""

    def excess(log_c):
        binding, unbinding = trapping_rates(receptor, only_ketamine(jnp.exp(log_c)), jnp.ones(len(SITES)), resting_unblock(receptor))
        return jnp.log(binding / unbinding)[PYRAMIDAL]

    in_brain = float(jnp.exp(find_root(excess, jnp.zeros(()))))
    return in_brain / float(model_in_use().physiology.links.brain_partition)


def _habenular_drive_loss(concentration: float) -> float:
    """Share of NMDA drive that a habenular cell loses at a concentration (µM)."""
    return float(drive_loss(_receptor(), only_ketamine(jnp.asarray(concentration)))[HABENULA])


def _at_end_of_infusion(name: str, later: float = 0.0) -> xr.DataArray:
    """A quantity of the default protocol when its infusion ends, or so many hours later."""
    return reference_run().data[name].sel(time=dose_ends() + later, method="nearest")


def _largest_trapped_share(receptor: NMDAReceptor) -> float:
    """Most that can still be trapped in a mouse's habenula a day after 10 mg/kg i.p., over all constant shares of open channels."""
    dose = {"drug": "ketamine", "amount": "10 mg/kg", "route": "i.p."}
    protocol = check({"name": "given", "title": "Given", "patient": {"species": "mouse"}, "doses": [dose], "horizon": "1 d"})
    return largest_trapped_share(receptor, float(exposures(protocol, model=model_in_use()).area.racemate_equivalents.sel(patient=0)), DAY)


def _release_over_observed(site: str, open_share: float = 1.0) -> float:
    """Rate at which trapped drug leaves a habenular site by the receptor's own kinetics, over that which was observed in bursting cells.

    ``open_share`` multiplies the share of channels that are open.
    """
    receptor = _receptor()
    opening = jnp.full(len(SITES), open_share)
    _, unbinding = trapping_rates(receptor, only_ketamine(jnp.zeros(())), opening, resting_unblock(receptor))
    return float(unbinding[SITES.index(site)] / receptor.habenula_release)


def _time_of_brain_peak(species: str) -> float:
    """Time at which ketamine is highest in the brain after 30 mg/kg s.c., min."""
    dose = {"drug": "ketamine", "amount": "30 mg/kg", "route": "s.c."}
    protocol = check({"name": "given", "title": "Given", "patient": {"species": species}, "doses": [dose], "horizon": "1 d"})
    return float(exposures(protocol, model=model_in_use()).peak_time.free_brain_ketamine.sel(enantiomer="both", patient=0)) / MINUTE


def _venous_peak(later: float = 0.0) -> float:
    """Ketamine in a venous sample when the infusion ends, or so many hours later, ng/mL."""
    return float(_at_end_of_infusion("venous_ketamine_mass", later))


def _arterial_peak() -> float:
    """Ketamine in an artery when the infusion ends, ng/mL."""
    return NG_PER_ML * float(model_in_use().molecules.ketamine) * float(_at_end_of_infusion("arterial_ketamine").sum())


def _hydroxynorketamine_peak(protocol: str) -> float:
    """Peak of R-hydroxynorketamine in plasma, µM."""
    return float(reference_run(protocol=protocol).data.hydroxynorketamine.sel(enantiomer="R").max())


def _exposure_ratio(until: float) -> float:
    """Area under the curve of S-hydroxynorketamine up to a time (h) over that of S-ketamine."""
    data = reference_run().data.sel(enantiomer="S", time=slice(0, until))
    return float(data.hydroxynorketamine.integrate("time") / data.arterial_ketamine.integrate("time"))


PREDICTIONS = {
    "receptor.mouse_peak": Prediction(lambda: _time_of_brain_peak("mouse"), lambda: _time_of_brain_peak("human")),
    "receptor.competition": Prediction(
        lambda: half_block(_receptor(subunit="GluN2A")), lambda: half_block(_receptor(NO_MAGNESIUM, "GluN2A"))
    ),
    "receptor.second_laboratory": Prediction(
        lambda: half_block(_receptor(NO_MAGNESIUM, "GluN2A")), lambda: half_block(_receptor(subunit="GluN2A"))
    ),
    "receptor.occupancy": Prediction(lambda: half_occupancy(_receptor()), lambda: half_occupancy(_receptor(NO_MAGNESIUM))),
    "receptor.bath": Prediction(lambda: _habenular_drive_loss(10.0), lambda: _habenular_drive_loss(1.0)),
    "receptor.trapping_is_bounded": Prediction(
        lambda: _largest_trapped_share(_receptor()), lambda: _largest_trapped_share(_receptor(NO_MAGNESIUM))
    ),
    "receptor.release_in_bursting_cells": Prediction(
        lambda: _release_over_observed("habenula_burst"), lambda: _release_over_observed("habenula_burst", 0.0)
    ),
    "receptor.release_in_silent_cells": Prediction(
        lambda: _release_over_observed("habenula_silent"), lambda: _release_over_observed("habenula_silent", 0.0)
    ),
    "receptor.venous_peak": Prediction(_venous_peak, _arterial_peak),
    "receptor.venous_peak_again": Prediction(_venous_peak, lambda: _venous_peak(HALF_AN_HOUR)),
    "receptor.hydroxynorketamine": Prediction(
        lambda: _hydroxynorketamine_peak("ketamine-iv"), lambda: _hydroxynorketamine_peak("ketamine-iv-low")
    ),
    "receptor.hydroxynorketamine_ratio": Prediction(
        lambda: _exposure_ratio(reference_run().protocol.horizon), lambda: _exposure_ratio(1.0)
    ),
}
