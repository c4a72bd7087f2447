"""What people get today, in body, target and mood: claims."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from ..pharmacology.comparators import DRUGS, POOLS, STATES, entry_matrices, rate_matrix
from ..plasticity.serotonin import clearance_factor
from ..receptors.monoamine import sert_occupancy
from .claim import Claim, Control, around, between
from .model import default_model
from .mood import separates
from .standard import at, standard

DAY, WEEK, SIX_WEEKS, EIGHT_WEEKS = 24.0, 168.0, 1008.0, 1344.0
"""h."""
BACK = 0.9
"""Share of a rate at which it counts as back, and of a largest effect at which it counts as reached."""


def occupancy(drug: str, milligrams: float, doses: int, hours: float) -> float:
    """Occupied serotonin transporters so many hours after the last of daily doses by mouth."""
    p, place = default_model().cascade, DRUGS.index(drug)
    matrix, entry = rate_matrix(p.comparators)[place], entry_matrices()[place, :, 0]
    since = hours + DAY * jnp.arange(doses)
    states = jax.vmap(lambda t: jax.scipy.linalg.expm(matrix * t) @ entry)(since).sum(0)
    site = states[STATES.index("site")] * milligrams / p.comparators.molar_mass[place]
    return float(sert_occupancy(p.monoamine, jnp.zeros(len(DRUGS)).at[place].set(site)))


def half_life(drug: str, peripheral: bool = True) -> float:
    """Half-life (h) of the slowest phase in plasma after a dose into the blood, with the peripheral compartment or without."""
    p = default_model().cascade.comparators
    p = p if peripheral else replace(p, peripheral_flow=jnp.zeros(len(DRUGS)))
    in_plasma = [POOLS.index(name) for name in ("central", "peripheral")]
    rates = np.linalg.eigvals(np.asarray(rate_matrix(p))[DRUGS.index(drug)][np.ix_(in_plasma, in_plasma)]).real
    return float(np.log(2) / min(-rate for rate in rates if rate < 0))


def _mean_occupancy(drug: str, arm: str) -> float:
    """Occupied transporters over the 28th day of daily doses."""
    day = standard(protocol=drug).data.sert_occupancy.sel(arm=arm, time=slice(27 * DAY, 28 * DAY))
    return float(day.integrate("time") / (day.time[-1] - day.time[0]))


def _full_block(drug: str) -> float:
    """Days until the block of MAO-A by a drug is within a tenth of the largest; infinite if there is none."""
    block = standard(protocol=drug).data.mao_block.sel(arm="as given")
    if not float(block.max()) > 0:
        return float("inf")
    return float(block.time[int(np.argmax((block >= BACK * block.max()).to_numpy()))]) / DAY


def _benefit(hours: float, arm: str = "as given") -> float:
    """What escitalopram adds to its context, MADRS points."""
    course = standard(protocol="escitalopram")
    return course.at(hours, "context") - course.at(hours, arm)


def _memantine(hours: float) -> float:
    """What memantine changes beside its context, MADRS points."""
    course = standard(protocol="memantine-titrated")
    return course.at(hours) - course.at(hours, "context")


def _placebo_gain(hours: float) -> float:
    """Fall of MADRS by weeks of placebo, points."""
    course = standard(protocol="escitalopram")
    return course.at(0.0, "context") - course.at(hours, "context")


def _firing_back(arm: str) -> float:
    """Days of escitalopram until raphe cells fire again nearly as before."""
    data = standard(protocol="escitalopram").data.sel(arm=arm)
    cleared = clearance_factor(
        default_model().cascade.serotonin, jnp.asarray(data.sert_occupancy.to_numpy()), jnp.asarray(data.mao_block.to_numpy())
    )
    rate = data.serotonin / np.asarray(cleared)
    low = data.time[(rate < BACK * rate[0]).to_numpy()]
    return float(low[-1]) / DAY if low.size else 0.0


def _habenula_loss(protocol: str) -> float:
    """Largest loss of habenular NMDA conductance in a course, share."""
    return float(1 - standard(protocol=protocol).data.habenula_nmda.sel(arm="as given").min())


def _occupied(target: str, statement: str, drug: str, milligrams: float, doses: int, hours: float, why: str = "") -> Claim:
    """A claim about one measured occupancy; ``why`` it disagrees, if it does."""
    return Claim(
        f"comparators.{target}",
        f"{statement} (share of transporters)",
        target,
        lambda: occupancy(drug, milligrams, doses, hours),
        between(target),
        Control("a tenth of the dose", lambda: occupancy(drug, milligrams / 10, doses, hours)),
        "disagrees" if why else "agrees",
        why,
    )


def _at_minimum_dose(drug: str, why: str = "") -> Claim:
    """A claim about four weeks at the lowest useful dose; ``why`` it disagrees, if it does."""
    return Claim(
        f"comparators.minimum_dose_{drug}",
        f"four weeks of {drug} at the lowest useful dose occupy four fifths of the transporters (mean over day 28, share)",
        "meyer2004.occupancy",
        lambda: _mean_occupancy(drug, "as given"),
        between("meyer2004.occupancy"),
        Control("binding to the transporter removed", lambda: _mean_occupancy(drug, "without reuptake block")),
        "disagrees" if why else "agrees",
        why,
    )


CLAIMS = (
    Claim(
        "comparators.half_life",
        "half-life of escitalopram (h)",
        "sogaard2005.half_life",
        lambda: half_life("escitalopram"),
        between("sogaard2005.half_life"),
        Control("one compartment", lambda: half_life("escitalopram", peripheral=False)),
    ),
    _occupied("klein2006.occupancy_5mg", "occupancy 6 h after escitalopram 5 mg", "escitalopram", 5.0, 1, 6.0),
    _occupied("klein2006.occupancy_10mg", "occupancy 6 h after escitalopram 10 mg", "escitalopram", 10.0, 1, 6.0),
    _occupied("klein2006.occupancy_20mg", "occupancy 6 h after escitalopram 20 mg", "escitalopram", 20.0, 1, 6.0),
    _occupied("klein2007.occupancy_6h", "occupancy 6 h after ten days of escitalopram 10 mg", "escitalopram", 10.0, 10, 6.0),
    _occupied("klein2007.occupancy_54h", "occupancy 54 h after ten days of escitalopram 10 mg", "escitalopram", 10.0, 10, 54.0),
    _occupied("dasb2016.occupancy_4h", "occupancy 4 h after sertraline 50 mg", "sertraline", 50.0, 1, 4.0),
    _occupied(
        "dasb2016.occupancy_48h",
        "occupancy 48 h after sertraline 50 mg",
        "sertraline",
        50.0,
        1,
        48.0,
        "with the half-life of the label one affinity does not serve both 4 h and 48 h",
    ),
    _at_minimum_dose("sertraline"),
    _at_minimum_dose(
        "escitalopram", "its affinity was calibrated in midbrain with another tracer, where occupancies lie below those of the striatum"
    ),
    Claim(
        "comparators.mao_block",
        "six weeks of phenelzine block MAO-A (share)",
        "chiuccariello2015.occupancy",
        lambda: at("mao_block", SIX_WEEKS, protocol="phenelzine"),
        between("chiuccariello2015.occupancy"),
        Control("two days", lambda: at("mao_block", 2 * DAY, protocol="phenelzine")),
    ),
    Claim(
        "comparators.mao_onset",
        "that block comes within a week or so (days until within a tenth of the largest)",
        "nardil.full_inhibition",
        lambda: _full_block("phenelzine"),
        between("nardil.full_inhibition"),
        Control("sertraline", lambda: _full_block("sertraline")),
        "disagrees",
        "at the recalled turnover of the enzyme nine tenths of the block are there in four days; the biopsies looked for its largest",
    ),
    Claim(
        "comparators.raphe_recovers",
        "under a constant block the raphe fires again as before after two to three weeks (days until within a tenth)",
        "czachura2000.recovery",
        lambda: _firing_back("as given"),
        between("czachura2000.recovery"),
        Control("reuptake block removed", lambda: _firing_back("without reuptake block")),
        "disagrees",
        "feedback and its adaptation are assumed; at six weeks firing is back to three fifths of its rate",
    ),
    Claim(
        "comparators.onset",
        "escitalopram is better than its context only after weeks (first two points apart, h)",
        None,
        lambda: separates(standard(protocol="escitalopram")),
        (WEEK, SIX_WEEKS),
        Control("ketamine", lambda: separates(standard())),
    ),
    Claim(
        "comparators.first_week",
        "a third of what escitalopram adds in six weeks is there after one (share, within a half)",
        "taylor2006.first_week",
        lambda: _benefit(WEEK) / _benefit(SIX_WEEKS),
        around("taylor2006.first_week", 1 / 2),
        Control(
            "benefit that follows the transporter",
            lambda: at("sert_occupancy", WEEK, protocol="escitalopram") / at("sert_occupancy", SIX_WEEKS, protocol="escitalopram"),
        ),
    ),
    Claim(
        "comparators.six_weeks",
        "escitalopram adds as much to its context as antidepressants to placebo (points at week 6)",
        "munkholm2019.difference",
        lambda: -_benefit(SIX_WEEKS),
        between("munkholm2019.difference"),
        Control("reuptake block removed", lambda: -_benefit(SIX_WEEKS, "without reuptake block")),
    ),
    Claim(
        "comparators.memantine",
        "memantine, which blocks the same receptor, adds nothing to placebo in eight weeks (MADRS points)",
        "zarate2006b.memantine_effect",
        lambda: _memantine(EIGHT_WEEKS),
        between("zarate2006b.memantine_effect"),
        Control("ketamine after a day", lambda: standard().at(DAY) - standard().at(DAY, "context")),
        "disagrees",
        "block is read at rest from affinity and magnesium alone: how fast memantine leaves the pore and spares brief synaptic openings is "
        "left out, and regrowth follows a steady block without end",
    ),
    Claim(
        "comparators.placebo_six_weeks",
        "share of the rating that remains after six weeks on placebo (within a tenth)",
        "rbmi.placebo_six_weeks",
        lambda: 1 - _placebo_gain(SIX_WEEKS) / standard(protocol="escitalopram").at(0.0, "context"),
        around("rbmi.placebo_six_weeks", 1 / 10),
        Control("untreated", lambda: standard(protocol="escitalopram").at(SIX_WEEKS, "untreated") / standard().at(0.0)),
    ),
    Claim(
        "comparators.placebo_two_weeks",
        "share of that improvement which is there at two weeks (within a fifth)",
        "posternak2005.two_weeks_placebo",
        lambda: _placebo_gain(2 * WEEK) / _placebo_gain(SIX_WEEKS),
        around("posternak2005.two_weeks_placebo", 1 / 5),
        Control("one week", lambda: _placebo_gain(WEEK) / _placebo_gain(SIX_WEEKS)),
    ),
    Claim(
        "comparators.spares_habenula",
        "six weeks of escitalopram leave the habenula's NMDA receptors alone (largest loss, share)",
        None,
        lambda: _habenula_loss("escitalopram"),
        (-1e-9, 1e-9),
        Control("ketamine", lambda: _habenula_loss("ketamine-iv")),
    ),
)
