"""What people get today, in body, target and mood: claims."""

from dataclasses import replace
from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core.constants import DAY, WEEK
from ..core.types import Scalar
from ..model.default import default_model
from ..model.exposure import drugs
from ..pharmacology.comparators import (
    DRUGS,
    MOLECULES,
    POOLS,
    STATES,
    entry_matrices,
    places,
    plasma_concentration,
    rate_matrix,
    site_concentration,
)
from ..plasticity.serotonin import clearance_factor
from ..protocols.protocol import written
from ..protocols.reading import check, read
from ..receptors.monoamine import AT_DAT, AT_SERT, HOLDING_MAO, dat_occupancy, mao_held, sert_occupancy
from ..simulation.dosing import grid_of
from .claim import Claim, Control, around, between
from .madrs import separates
from .reference_runs import reference_run, reference_value

HALF_DAY, SIX_WEEKS, EIGHT_WEEKS, TWELVE_WEEKS = DAY / 2, 6 * WEEK, 8 * WEEK, 12 * WEEK
"""h."""
THRICE = 8.0
"""Interval of three doses a day, h."""
LATE = (40 * DAY, 60 * DAY)
"""When a last dose is so long ago that the slowest phase alone is left, h after it."""
BACK = 0.9
"""Share of a rate at which it counts as back, and of a largest effect at which it counts as reached."""


def _after(drug: str, milligrams: float, doses: int, hours: Scalar | float, every: float = DAY) -> Float[Array, "drug state"]:
    """States of all bodies so many hours after the last of equal doses of one drug."""
    p, place = default_model().physiology.comparators, DRUGS.index(drug)
    matrix, entry = rate_matrix(p)[place], entry_matrices()[place, :, 0]
    since = hours + every * jnp.arange(doses)
    state = jax.vmap(lambda t: jax.scipy.linalg.expm(matrix * t) @ entry)(since).sum(0)
    return jnp.zeros((len(DRUGS), len(STATES))).at[place].set(state * milligrams / p.molar_mass[place])


def occupancy(drug: str, milligrams: float, doses: int, hours: float) -> float:
    """Occupied serotonin transporters so many hours after the last of daily doses by mouth."""
    site = site_concentration(_after(drug, milligrams, doses, hours))
    return float(sert_occupancy(default_model().physiology.monoamine, site[places(AT_SERT)]))


def _plasma(molecule: str, drug: str, milligrams: float, doses: int, hours: float) -> float:
    """A molecule in plasma (ng/mL) so many hours after the last of daily doses of the drug it is, or is formed from."""
    p, place = default_model().physiology.comparators, MOLECULES.index(molecule)
    return float(1e3 * p.molar_mass[place] * plasma_concentration(p, _after(drug, milligrams, doses, hours))[place])


def _long_after(molecule: str, drug: str) -> float:
    """Half-life (d) of what is left of a molecule long after six weeks of daily doses of a drug."""
    early, late = (_plasma(molecule, drug, 1.0, 42, hours) for hours in LATE)
    return float((LATE[1] - LATE[0]) * np.log(2) / np.log(early / late)) / DAY


def _dopamine_transporter(hours: float, milligrams: float = 150.0, molecules: tuple[str, ...] = AT_DAT) -> float:
    """Occupied dopamine transporters so many hours after the last of ten days of bupropion, by some of the molecules that bind."""
    site = site_concentration(_after("bupropion", milligrams, 20, hours, HALF_DAY))
    bound = [float(name in molecules) for name in AT_DAT]
    return float(dat_occupancy(default_model().physiology.monoamine, site[places(AT_DAT)] * jnp.array(bound)))


def _held(milligrams: float) -> float:
    """Mean share of MAO-A that moclobemide holds over the day, on the tenth day of three doses a day."""
    hours = jnp.linspace(0, THRICE, 65)
    site = jax.vmap(lambda t: site_concentration(_after("moclobemide", milligrams, 30, t, THRICE)))(hours)
    held = mao_held(default_model().physiology.monoamine, site[:, places(HOLDING_MAO)])
    return float(jnp.trapezoid(held, hours) / THRICE)


@cache
def _enzyme(protocol: str) -> tuple[np.ndarray, np.ndarray]:
    """Hours since the last dose of a built-in protocol of six weeks, over six weeks more, and the MAO-A that works then."""
    model = default_model()
    longer = check(written(read(protocol)) | {"horizon": f"{TWELVE_WEEKS} h"})
    weight = model.patient.weight
    grid = grid_of(longer, model, float(weight))
    inputs = (jnp.asarray(each) for each in (grid.infusion, grid.bolus))
    found = eqx.filter_jit(drugs)(model.physiology, weight, (jnp.asarray(grid.lengths), jnp.asarray(grid.which)), *inputs)
    working = found.mao * (1 - mao_held(model.physiology.monoamine, found.comparator_site[:, places(HOLDING_MAO)]))
    return grid.times - longer.doses[-1].start, np.asarray(working)[: grid.nodes]


def _working(protocol: str, hours: float) -> float:
    """MAO-A that works so many hours after the last dose, healthy = 1."""
    return float(np.interp(hours, *_enzyme(protocol)))


def _days_to_recover(protocol: str) -> float:
    """Days after the last dose until nearly all of MAO-A works again; infinite if it is not back in six weeks."""
    since, working = _enzyme(protocol)
    back = since[(since > 0) & (working >= BACK)]
    return float(back[0]) / DAY if back.size else float("inf")


def half_life(drug: str, peripheral: bool = True) -> float:
    """Half-life (h) of the slowest phase in plasma after a dose into the blood, with the peripheral compartment or without."""
    p = default_model().physiology.comparators
    p = p if peripheral else replace(p, peripheral_flow=jnp.zeros(len(DRUGS)))
    in_plasma = [POOLS.index(name) for name in ("central", "peripheral")]
    rates = np.linalg.eigvals(np.asarray(rate_matrix(p))[DRUGS.index(drug)][np.ix_(in_plasma, in_plasma)]).real
    return float(np.log(2) / min(-rate for rate in rates if rate < 0))


def _mean_occupancy(drug: str, arm: str, transporter: str = "sert_occupancy") -> float:
    """Occupied transporters of one kind over the 28th day of a built-in protocol."""
    day = reference_run(protocol=drug).data[transporter].sel(arm=arm, time=slice(27 * DAY, 28 * DAY))
    return float(day.integrate("time") / (day.time[-1] - day.time[0]))


def _full_block(drug: str) -> float:
    """Days until the block of MAO-A by a drug is within a tenth of the largest; infinite if there is none."""
    block = reference_run(protocol=drug).data.mao_block.sel(arm="as given")
    if not float(block.max()) > 0:
        return float("inf")
    return float(block.time[int(np.argmax((block >= BACK * block.max()).to_numpy()))]) / DAY


def _benefit(hours: float, arm: str = "as given") -> float:
    """What escitalopram adds to its context, MADRS points."""
    course = reference_run(protocol="escitalopram")
    return course.at(hours, "context") - course.at(hours, arm)


def _memantine(hours: float) -> float:
    """What memantine changes beside its context, MADRS points."""
    course = reference_run(protocol="memantine-titrated")
    return course.at(hours) - course.at(hours, "context")


def _placebo_gain(hours: float) -> float:
    """Fall of MADRS by weeks of placebo, points."""
    course = reference_run(protocol="escitalopram")
    return course.at(0.0, "context") - course.at(hours, "context")


def _firing_back(arm: str) -> float:
    """Days of escitalopram until raphe cells fire again nearly as before."""
    data = reference_run(protocol="escitalopram").data.sel(arm=arm)
    cleared = clearance_factor(
        default_model().physiology.serotonin, jnp.asarray(data.sert_occupancy.to_numpy()), jnp.asarray(data.mao_block.to_numpy())
    )
    rate = data.serotonin / np.asarray(cleared)
    low = data.time[(rate < BACK * rate[0]).to_numpy()]
    return float(low[-1]) / DAY if low.size else 0.0


def _dopamine_rise(arm: str) -> float:
    """Largest rise of dopamine tone under bupropion, share."""
    tone = reference_run(protocol="bupropion").data.dopamine.sel(arm=arm)
    return float(tone.max() / tone[0] - 1)


def _habenula_loss(protocol: str) -> float:
    """Largest loss of habenular NMDA conductance in a course, share."""
    return float(1 - reference_run(protocol=protocol).data.habenula_nmda.sel(arm="as given").min())


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
    _occupied(
        "klein2006.citalopram_10mg",
        "occupancy 6 h after citalopram 10 mg",
        "citalopram",
        10.0,
        1,
        6.0,
        "ten days of 20 mg were found to occupy no more than this one dose of 10 mg; no hyperbola meets both",
    ),
    _occupied(
        "klein2006.citalopram_20mg",
        "occupancy 6 h after citalopram 20 mg",
        "citalopram",
        20.0,
        1,
        6.0,
        "one dose was found to occupy more than ten days of the same dose; no hyperbola meets both",
    ),
    _occupied("klein2007.citalopram_6h", "occupancy 6 h after ten days of citalopram 20 mg", "citalopram", 20.0, 10, 6.0),
    _occupied("klein2007.citalopram_54h", "occupancy 54 h after ten days of citalopram 20 mg", "citalopram", 20.0, 10, 54.0),
    _at_minimum_dose("sertraline"),
    _at_minimum_dose(
        "fluoxetine", "its recalled potency was read against fluoxetine alone, and norfluoxetine is taken to bind half as well"
    ),
    _at_minimum_dose(
        "citalopram", "clearance of volunteers and a recalled potency meet the occupancies in midbrain, not those of the striatum"
    ),
    _at_minimum_dose(
        "escitalopram", "its affinity was calibrated in midbrain with another tracer, where occupancies lie below those of the striatum"
    ),
    Claim(
        "comparators.mao_block",
        "six weeks of phenelzine block MAO-A (share)",
        "chiuccariello2015.occupancy",
        lambda: reference_value("mao_block", SIX_WEEKS, protocol="phenelzine"),
        between("chiuccariello2015.occupancy"),
        Control("two days", lambda: reference_value("mao_block", 2 * DAY, protocol="phenelzine")),
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
        "comparators.fluoxetine_half_life",
        "half-life of fluoxetine in long treatment (d)",
        "fluoxetine_label.half_life",
        lambda: half_life("fluoxetine") / DAY,
        between("fluoxetine_label.half_life"),
        Control("sertraline", lambda: half_life("sertraline") / DAY),
    ),
    Claim(
        "comparators.norfluoxetine_half_life",
        "half-life of norfluoxetine after six weeks of fluoxetine (d, within a fifth)",
        "fluoxetine_label.norfluoxetine_half_life",
        lambda: _long_after("norfluoxetine", "fluoxetine"),
        around("fluoxetine_label.norfluoxetine_half_life", 1 / 5),
        Control("fluoxetine itself", lambda: _long_after("fluoxetine", "fluoxetine")),
    ),
    Claim(
        "comparators.fluoxetine_accumulates",
        "fluoxetine in plasma 12 h after the thirtieth dose of 40 mg (ng/mL)",
        "fluoxetine_label.fluoxetine_30d",
        lambda: _plasma("fluoxetine", "fluoxetine", 40.0, 30, HALF_DAY),
        between("fluoxetine_label.fluoxetine_30d"),
        Control("the first dose", lambda: _plasma("fluoxetine", "fluoxetine", 40.0, 1, HALF_DAY)),
    ),
    Claim(
        "comparators.norfluoxetine_accumulates",
        "norfluoxetine in plasma 12 h after the thirtieth dose of fluoxetine 40 mg (ng/mL)",
        "fluoxetine_label.norfluoxetine_30d",
        lambda: _plasma("norfluoxetine", "fluoxetine", 40.0, 30, HALF_DAY),
        between("fluoxetine_label.norfluoxetine_30d"),
        Control("the first dose", lambda: _plasma("norfluoxetine", "fluoxetine", 40.0, 1, HALF_DAY)),
    ),
    Claim(
        "comparators.fluoxetine_stays",
        "two weeks after six weeks of fluoxetine 20 mg most transporters are still occupied (share)",
        None,
        lambda: occupancy("fluoxetine", 20.0, 42, 2 * WEEK),
        (1 / 2, 1.0),
        Control("citalopram", lambda: occupancy("citalopram", 20.0, 42, 2 * WEEK)),
    ),
    Claim(
        "comparators.moclobemide_block",
        "moclobemide 450 mg a day blocks MAO-A (mean over a day, share)",
        "chiuccariello2015.moclobemide",
        lambda: _held(150.0),
        between("chiuccariello2015.moclobemide"),
        Control("a tenth of the dose", lambda: _held(15.0)),
    ),
    Claim(
        "comparators.moclobemide_high",
        "moclobemide 1050 mg a day blocks more (mean over a day, share)",
        "chiuccariello2015.moclobemide_high",
        lambda: _held(350.0),
        between("chiuccariello2015.moclobemide_high"),
        Control("450 mg a day", lambda: _held(150.0)),
    ),
    Claim(
        "comparators.moclobemide_lets_go",
        "a day after the last dose of moclobemide MAO-A works again (share)",
        "nair1993.recovered",
        lambda: _working("moclobemide", DAY),
        between("nair1993.recovered"),
        Control("tranylcypromine, whose plasma half-life is as short", lambda: _working("tranylcypromine", DAY)),
    ),
    Claim(
        "comparators.tranylcypromine_recovery",
        "days after tranylcypromine until MAO works again (to nine tenths)",
        "tranylcypromine1982.recovery",
        lambda: _days_to_recover("tranylcypromine"),
        between("tranylcypromine1982.recovery"),
        Control("moclobemide", lambda: _days_to_recover("moclobemide")),
        "disagrees",
        "the enzyme comes back with a recalled half-life of ten days; urine tells of enzyme outside the brain, most of which must be lost",
    ),
    Claim(
        "comparators.dopamine_transporter",
        "four weeks of bupropion 300 mg a day occupy the dopamine transporter (mean over day 28, share)",
        "meyer2002.occupancy",
        lambda: _mean_occupancy("bupropion", "as given", "dat_occupancy"),
        between("meyer2002.occupancy"),
        Control("binding to the transporter removed", lambda: _mean_occupancy("bupropion", "without reuptake block", "dat_occupancy")),
    ),
    Claim(
        "comparators.dopamine_transporter_3h",
        "dopamine transporters occupied 3 h after the last dose of bupropion (share, within a third)",
        "learned2003.occupancy",
        lambda: _dopamine_transporter(3.0),
        around("learned2003.occupancy", 1 / 3),
        Control("a tenth of the dose", lambda: _dopamine_transporter(3.0, 15.0)),
    ),
    Claim(
        "comparators.dopamine_transporter_24h",
        "that occupancy is still there after a day (share of that at 3 h, within a fifth)",
        "learned2003.kept",
        lambda: _dopamine_transporter(DAY) / _dopamine_transporter(3.0),
        around("learned2003.kept", 1 / 5),
        Control(
            "without hydroxybupropion",
            lambda: _dopamine_transporter(DAY, molecules=AT_DAT[:1]) / _dopamine_transporter(3.0, molecules=AT_DAT[:1]),
        ),
        "disagrees",
        "bupropion and hydroxybupropion have half-lives of 20 h; two metabolites that last longer are left out",
    ),
    Claim(
        "comparators.bupropion_dopamine",
        "bupropion raises dopamine tone by a tenth or more (largest rise, share)",
        None,
        lambda: _dopamine_rise("as given"),
        (1 / 10, 1 / 2),
        Control("binding to the transporter removed", lambda: _dopamine_rise("without reuptake block")),
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
        lambda: separates(reference_run(protocol="escitalopram")),
        (WEEK, SIX_WEEKS),
        Control("ketamine", lambda: separates(reference_run())),
    ),
    Claim(
        "comparators.first_week",
        "a third of what escitalopram adds in six weeks is there after one (share, within a half)",
        "taylor2006.first_week",
        lambda: _benefit(WEEK) / _benefit(SIX_WEEKS),
        around("taylor2006.first_week", 1 / 2),
        Control(
            "benefit that follows the transporter",
            lambda: (
                reference_value("sert_occupancy", WEEK, protocol="escitalopram")
                / reference_value("sert_occupancy", SIX_WEEKS, protocol="escitalopram")
            ),
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
        Control("ketamine after a day", lambda: reference_run().at(DAY) - reference_run().at(DAY, "context")),
        "disagrees",
        "block is read at rest from affinity and magnesium alone: how fast memantine leaves the pore and spares brief synaptic openings is "
        "left out, and regrowth follows a steady block without end",
    ),
    Claim(
        "comparators.placebo_six_weeks",
        "share of the rating that remains after six weeks on placebo (within a tenth)",
        "rbmi.placebo_six_weeks",
        lambda: 1 - _placebo_gain(SIX_WEEKS) / reference_run(protocol="escitalopram").at(0.0, "context"),
        around("rbmi.placebo_six_weeks", 1 / 10),
        Control("untreated", lambda: reference_run(protocol="escitalopram").at(SIX_WEEKS, "untreated") / reference_run().at(0.0)),
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
