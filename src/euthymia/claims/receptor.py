"""The NMDA receptor, on which all five ways rest, and ketamine in the body: claims."""

from dataclasses import replace

import jax.numpy as jnp
import xarray as xr

from ..core.constants import NG_PER_ML
from ..core.numerics.roots import find_root
from ..core.types import SITES, SUBUNITS
from ..links import HABENULA, PYRAMIDAL
from ..model.default import default_model
from ..protocols.reading import check
from ..receptors.nmdar import NMDAReceptor, drive_loss, pore_block, resting_unblock, trapping_rates
from ..simulation.exposure import exposures
from .claim import Claim, Control, around, between
from .reference_runs import dose_ends, reference_run

NO_MAGNESIUM = 1e-9
"""mM; zero for every purpose here."""


def _receptor(magnesium: float | None = None, subunit: str | None = None) -> NMDAReceptor:
    """The default receptor, at another magnesium (mM), made of one subunit, or both."""
    receptor = default_model().physiology.receptor
    if magnesium is not None:
        receptor = replace(receptor, magnesium=replace(receptor.magnesium, concentration=jnp.asarray(magnesium)))
    if subunit is not None:
        pure = jnp.eye(len(SUBUNITS))[SUBUNITS.index(subunit)]
        receptor = replace(receptor, composition=jnp.broadcast_to(pure, receptor.composition.shape))
    return receptor


def half_block(receptor: NMDAReceptor) -> float:
    """Racemic ketamine (µM) that removes half of the NMDA charge of a pyramidal cell."""
    return float(jnp.exp(find_root(lambda log_c: pore_block(receptor, jnp.exp(log_c))[PYRAMIDAL] - 1 / 2, jnp.zeros(()))))


def half_occupancy(receptor: NMDAReceptor) -> float:
    """Unbound plasma ketamine (µM) at which half of a pyramidal cell's receptors carry the drug in the end."""

    def excess(log_c):
        binding, leaving = trapping_rates(receptor, jnp.exp(log_c), jnp.ones(len(SITES)), resting_unblock(receptor))
        return jnp.log(binding / leaving)[PYRAMIDAL]

    in_brain = float(jnp.exp(find_root(excess, jnp.zeros(()))))
    return in_brain / float(default_model().physiology.links.brain_partition)


def _felt(concentration: float) -> float:
    """Share of NMDA drive that a habenular cell loses at a concentration (µM)."""
    return float(drive_loss(_receptor(), jnp.asarray(concentration))[HABENULA])


def _at_end_of_infusion(name: str) -> xr.DataArray:
    return reference_run().data[name].sel(time=dose_ends(), method="nearest")


def _brain_peak(species: str) -> float:
    """Time at which ketamine is highest in the brain after 30 mg/kg s.c., min."""
    dose = {"drug": "ketamine", "amount": "30 mg/kg", "route": "s.c."}
    given = check({"name": "given", "title": "Given", "patient": {"species": species}, "doses": [dose], "horizon": "1 d"})
    return 60 * float(exposures(given).peak_time.free_brain_ketamine.sel(enantiomer="both", patient=0))


def _venous_peak() -> float:
    """Ketamine in a venous sample when the infusion ends, ng/mL."""
    return float(_at_end_of_infusion("venous_ketamine_mass"))


def _arterial_peak() -> float:
    """The same in an artery."""
    return NG_PER_ML * float(default_model().molecules.ketamine) * float(_at_end_of_infusion("arterial_ketamine").sum())


def _hydroxynorketamine_peak(protocol: str) -> float:
    """Peak of R-hydroxynorketamine in plasma, µM."""
    return float(reference_run(protocol=protocol).data.hydroxynorketamine.sel(enantiomer="R").max())


def _exposure_ratio(until: float) -> float:
    """Area under the curve of S-hydroxynorketamine up to a time (h) over that of S-ketamine."""
    data = reference_run().data.sel(enantiomer="S", time=slice(0, until))
    return float(data.hydroxynorketamine.integrate("time") / data.arterial_ketamine.integrate("time"))


CLAIMS = (
    Claim(
        "receptor.mouse_peak",
        "in a mouse, occupancy is highest a quarter of an hour after 30 mg/kg s.c. (highest free drug in brain, min, within a third)",
        "lord2013.largest_occupancy",
        lambda: _brain_peak("mouse"),
        around("lord2013.largest_occupancy", 1 / 3),
        Control("in a person", lambda: _brain_peak("human")),
        "disagrees",
        "every delay of a mouse is scaled from people by weight, and how fast people take up an injection into the skin is assumed; at an "
        "hour a fifteenth of the drug is left, when none was seen bound",
    ),
    Claim(
        "receptor.competition",
        "1 mM magnesium shifts the half-block of GluN1/2A to where it was measured (µM, within a quarter)",
        "kotermanski2009.half_block_with_magnesium",
        lambda: half_block(_receptor(subunit="GluN2A")),
        around("kotermanski2009.half_block_with_magnesium", 1 / 4),
        Control("no magnesium in the pore", lambda: half_block(_receptor(NO_MAGNESIUM, "GluN2A"))),
    ),
    Claim(
        "receptor.second_laboratory",
        "without magnesium a second laboratory finds the same half-block of GluN1/2A (µM, within a quarter)",
        "abbott2020.half_block",
        lambda: half_block(_receptor(NO_MAGNESIUM, "GluN2A")),
        around("abbott2020.half_block", 1 / 4),
        Control("magnesium in the pore", lambda: half_block(_receptor(subunit="GluN2A"))),
        "disagrees",
        "the affinity is another laboratory's; between them they leave open a factor of 1.4",
    ),
    Claim(
        "receptor.occupancy",
        "half of the receptors are occupied at the plasma concentration found in living rats (µM, unbound)",
        "shaffer2014.half_occupancy",
        lambda: half_occupancy(_receptor()),
        between("shaffer2014.half_occupancy"),
        Control("no magnesium in the pore", lambda: half_occupancy(_receptor(NO_MAGNESIUM))),
        "disagrees",
        "measured affinities with magnesium at rest ask for several times more drug: the potency gap",
    ),
    Claim(
        "receptor.bath",
        "the drive loss that way 3 reads is that of a bath at 10 µM (share, within a tenth)",
        "gerhard2020.block_10uM",
        lambda: _felt(10.0),
        around("gerhard2020.block_10uM", 1 / 10),
        Control("1 µM, at which the potency was set", lambda: _felt(1.0)),
        "disagrees",
        "the link has a Hill exponent of 1 where the two published points imply about 0.6",
    ),
    Claim(
        "receptor.venous_peak",
        "venous ketamine at the end of the standard infusion (ng/mL, within a fifth)",
        "zarate2006.venous_peak",
        _venous_peak,
        around("zarate2006.venous_peak", 1 / 5),
        Control("sampled from an artery", _arterial_peak),
    ),
    Claim(
        "receptor.venous_peak_again",
        "the same in a second trial (ng/mL, within a fifth)",
        "zhao2012.venous_peak",
        _venous_peak,
        around("zhao2012.venous_peak", 1 / 5),
        Control("sampled from an artery", _arterial_peak),
    ),
    Claim(
        "receptor.hydroxynorketamine",
        "peak of (2R,6R)-hydroxynorketamine in plasma (µM)",
        "hnk.peak",
        lambda: _hydroxynorketamine_peak("ketamine-iv"),
        between("hnk.peak"),
        Control("a fifth of the dose", lambda: _hydroxynorketamine_peak("ketamine-iv-low")),
    ),
    Claim(
        "receptor.hydroxynorketamine_ratio",
        "exposure to S-hydroxynorketamine over that to S-ketamine (ratio)",
        "hasan2021.hnk_ratio_s",
        lambda: _exposure_ratio(reference_run().protocol.horizon),
        between("hasan2021.hnk_ratio_s"),
        Control("of the first hour", lambda: _exposure_ratio(1.0)),
        "disagrees",
        "just below one standard deviation; the clearance of the S form is another study's",
    ),
)
