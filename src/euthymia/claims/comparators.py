"""Predictions about what people get today, in body, target and mood."""

from dataclasses import replace
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core.constants import DAY, NG_PER_ML, WEEK
from ..core.numerics.exponential import Steps
from ..core.numerics.roots import find_root
from ..core.types import Scalar
from ..links import PYRAMIDAL
from ..model.exposure import drugs
from ..pharmacology.comparators import (
    DRUGS,
    MOLECULES,
    POOLS,
    STATES,
    entry_matrices,
    molecule_index,
    plasma_concentration,
    rate_matrix,
    site_concentration,
)
from ..plasticity.serotonin import clearance_factor
from ..protocols.reading import check, read
from ..receptors.monoamine import DAT_INHIBITORS, REVERSIBLE_MAO_INHIBITORS, SERT_INHIBITORS, dat_occupancy, mao_inhibition, sert_occupancy
from ..receptors.nmdar import BLOCKERS, Blockers, pore_block
from ..simulation.dosing import grid_of
from .claim import Prediction
from .in_use import Rows, at, model_in_use, once
from .madrs import separates
from .reference_runs import reference_run, reference_value

SIX_WEEKS = 6 * WEEK
TERMINAL = (40 * DAY, 60 * DAY)
"""Two times after the last dose when the slowest phase alone is left, h."""
MEMANTINE, MEMANTINE_WEEKS = "memantine-titrated", 8
OTHER_MEMANTINES: dict[str, Rows] = {
    "rest_half": {"nmdar.resting_engagement.memantine": 0.5},
    "rest_as_ketamine": {"nmdar.resting_engagement.memantine": 1.0},
    "trapped_as_read": {"nmdar.trapped_share.memantine": 0.83},
}
"""What sources that disagree make of memantine, by the name of a claim."""
NEARLY_ALL = 0.9
"""Share of a rate at which it counts as back, and of a largest effect at which it counts as reached."""


def _state_after(drug: str, milligrams: float, doses: int, hours: Scalar | float, interval: float = DAY) -> Float[Array, "drug state"]:
    """Compartments of all drugs so many hours after the last of equal doses of one, given at an interval (h)."""
    p, index = model_in_use().physiology.comparators, DRUGS.index(drug)
    matrix, entry = rate_matrix(p)[index], entry_matrices()[index, :, 0]
    since = hours + interval * jnp.arange(doses)
    state = jax.vmap(lambda t: jax.scipy.linalg.expm(matrix * t) @ entry)(since).sum(0)
    return jnp.zeros((len(DRUGS), len(STATES))).at[index].set(state * milligrams / p.molar_mass[index])


def _occupied_sert(drug: str, milligrams: float, doses: int, hours: float) -> float:
    """Share of serotonin transporters that are occupied so many hours after the last of daily doses by mouth."""
    site = site_concentration(_state_after(drug, milligrams, doses, hours))
    return float(sert_occupancy(model_in_use().physiology.monoamine, site[molecule_index(SERT_INHIBITORS)]))


def _plasma(molecule: str, drug: str, milligrams: float, doses: int, hours: float) -> float:
    """A molecule in plasma (ng/mL) so many hours after the last of daily doses of the drug it is, or is formed from."""
    p, index = model_in_use().physiology.comparators, MOLECULES.index(molecule)
    return float(NG_PER_ML * p.molar_mass[index] * plasma_concentration(p, _state_after(drug, milligrams, doses, hours))[index])


def _terminal_half_life(molecule: str, drug: str) -> float:
    """Half-life (d) of a molecule in plasma long after six weeks of daily doses of a drug."""
    early, late = (_plasma(molecule, drug, 1.0, 42, hours) for hours in TERMINAL)
    return float((TERMINAL[1] - TERMINAL[0]) * np.log(2) / np.log(early / late)) / DAY


def _occupied_dat(hours: float, milligrams: float = 150.0, molecules: tuple[str, ...] = DAT_INHIBITORS) -> float:
    """Share of dopamine transporters that some of the molecules that bind occupy, so many hours after ten days of bupropion."""
    site = site_concentration(_state_after("bupropion", milligrams, 20, hours, DAY / 2))
    bound = [float(name in molecules) for name in DAT_INHIBITORS]
    return float(dat_occupancy(model_in_use().physiology.monoamine, site[molecule_index(DAT_INHIBITORS)] * jnp.array(bound)))


def _mean_mao_held(milligrams: float) -> float:
    """Mean share of MAO-A that moclobemide holds over the day, on the tenth day of three doses a day."""
    interval = DAY / 3
    hours = jnp.linspace(0, interval, 65)
    site = jax.vmap(lambda t: site_concentration(_state_after("moclobemide", milligrams, 30, t, interval)))(hours)
    held = mao_inhibition(model_in_use().physiology.monoamine, site[:, molecule_index(REVERSIBLE_MAO_INHIBITORS)])
    return float(jnp.trapezoid(held, hours) / interval)


@once
def _working_mao_course(protocol: str) -> tuple[np.ndarray, np.ndarray]:
    """Hours since the last dose of a built-in protocol of six weeks, over six weeks more, and the MAO-A that works then."""
    model = model_in_use()
    longer = check(read(protocol).stated() | {"horizon": f"{2 * SIX_WEEKS} h"})
    weight = model.patient.weight
    grid = grid_of(longer, model, float(weight))
    inputs = (jnp.asarray(grid.infusion), jnp.asarray(grid.bolus))
    exposure = eqx.filter_jit(drugs)(model.physiology, weight, Steps(jnp.asarray(grid.lengths), jnp.asarray(grid.length_index)), *inputs)
    working = exposure.mao * (
        1 - mao_inhibition(model.physiology.monoamine, exposure.comparator_site[:, molecule_index(REVERSIBLE_MAO_INHIBITORS)])
    )
    return grid.times - longer.doses[-1].start, np.asarray(working)[: grid.nodes]


def _working_mao(protocol: str, hours: float) -> float:
    """MAO-A that works so many hours after the last dose, healthy = 1."""
    return float(np.interp(hours, *_working_mao_course(protocol)))


def _days_to_recover(protocol: str) -> float:
    """Days after the last dose until nearly all of MAO-A works again; infinite if it is not back in six weeks."""
    since, working = _working_mao_course(protocol)
    back = since[(since > 0) & (working >= NEARLY_ALL)]
    return float(back[0]) / DAY if back.size else float("inf")


def _half_life(drug: str, peripheral: bool = True) -> float:
    """Half-life (h) of the slowest phase in plasma after a dose into the blood, with the peripheral compartment or without."""
    p = model_in_use().physiology.comparators
    p = p if peripheral else replace(p, peripheral_flow=jnp.zeros(len(DRUGS)))
    in_plasma = [POOLS.index(name) for name in ("central", "peripheral")]
    rates = np.linalg.eigvals(np.asarray(rate_matrix(p))[DRUGS.index(drug)][np.ix_(in_plasma, in_plasma)]).real
    return float(np.log(2) / min(-rate for rate in rates if rate < 0))


def _mean_occupancy(protocol: str, arm: str, transporter: str) -> float:
    """Occupied transporters of one kind over the 28th day of a built-in protocol."""
    day = reference_run(protocol=protocol).data[transporter].sel(arm=arm, time=slice(27 * DAY, 28 * DAY))
    return float(day.integrate("time") / (day.time[-1] - day.time[0]))


def _days_to_full_block(drug: str) -> float:
    """Days until the block of MAO-A by a drug is within a tenth of the largest; infinite if there is none."""
    block = reference_run(protocol=drug).data.mao_block.sel(arm="as given")
    if not float(block.max()) > 0:
        return float("inf")
    return float(block.time[int(np.argmax((block >= NEARLY_ALL * block.max()).to_numpy()))]) / DAY


def _escitalopram_benefit(hours: float, arm: str = "as given") -> float:
    """MADRS under the context of escitalopram less that with the drug (or in another arm), points."""
    run = reference_run(protocol="escitalopram")
    return run.at(hours, "context") - run.at(hours, arm)


def _memantine_effect(arm: str = "as given", rows: Rows | None = None) -> float:
    """MADRS with memantine less that under its context in the week in which they are furthest apart, points; at other values of rows."""
    with at(rows or {}):
        run = reference_run(protocol=MEMANTINE)
        weekly = [run.at(week * WEEK, arm) - run.at(week * WEEK, "context") for week in range(1, MEMANTINE_WEEKS + 1)]
    return max(weekly, key=abs)


def _as_potent_as_ketamine() -> Rows:
    """Rows that give memantine the potency in vivo of ketamine, at rest too."""
    receptor, other = model_in_use().physiology.receptor, BLOCKERS.index("memantine")

    def log_odds(log_c: Scalar) -> Scalar:
        blockers = Blockers(jnp.zeros(()), jnp.zeros(len(BLOCKERS)).at[other].set(jnp.exp(log_c)))
        block = pore_block(receptor, blockers)[PYRAMIDAL]
        return jnp.log(block / (1 - block))

    scale = receptor.drive_ic50[PYRAMIDAL] / jnp.exp(find_root(log_odds, jnp.zeros(())))
    return {
        "nmdar.affinity.memantine": (receptor.affinity_of_others[other] * scale).tolist(),
        "nmdar.resting_engagement.memantine": 1.0,
    }


@once
def _memantine_as_ketamine() -> float:
    """The effect of memantine with the potency of ketamine, to which nothing adapts."""
    return _memantine_effect("without adaptation", _as_potent_as_ketamine())


def _growth_over_pulse(arm: str) -> float:
    """Largest structural signal under eight weeks of memantine over that after one infusion of ketamine."""
    steady = reference_run(protocol=MEMANTINE).data.structural_signal.sel(arm=arm).max()
    return float(steady / reference_run().data.structural_signal.sel(arm="as given").max())


def _placebo_gain(hours: float) -> float:
    """Fall of MADRS after so many hours of placebo, points."""
    run = reference_run(protocol="escitalopram")
    return run.at(0.0, "context") - run.at(hours, "context")


def _days_to_raphe_recovery(arm: str) -> float:
    """Days of escitalopram until raphe cells fire again nearly as before; zero if they never fire less."""
    data = reference_run(protocol="escitalopram").data.sel(arm=arm)
    cleared = clearance_factor(
        model_in_use().physiology.serotonin, jnp.asarray(data.sert_occupancy.to_numpy()), jnp.asarray(data.mao_block.to_numpy())
    )
    rate = data.serotonin / np.asarray(cleared)
    low = data.time[(rate < NEARLY_ALL * rate[0]).to_numpy()]
    return float(low[-1]) / DAY if low.size else 0.0


def _largest_dopamine_rise(arm: str) -> float:
    """Largest rise of dopamine tone under bupropion, share."""
    tone = reference_run(protocol="bupropion").data.dopamine.sel(arm=arm)
    return float(tone.max() / tone[0] - 1)


def _habenular_nmda_loss(protocol: str) -> float:
    """Largest loss of habenular NMDA conductance under a built-in protocol, share."""
    return float(1 - reference_run(protocol=protocol).data.habenula_nmda.sel(arm="as given").min())


def _dose_against_its_tenth(drug: str, milligrams: float, doses: int, hours: float) -> Prediction:
    """Occupied serotonin transporters after daily doses; the control takes a tenth of each."""
    return Prediction(
        lambda: _occupied_sert(drug, milligrams, doses, hours),
        lambda: _occupied_sert(drug, milligrams / 10, doses, hours),
    )


def _day_28(protocol: str, transporter: str = "sert_occupancy") -> Prediction:
    """Occupied transporters over the 28th day of a built-in protocol; in the control the drug does not bind to them."""
    return Prediction(
        lambda: _mean_occupancy(protocol, "as given", transporter),
        lambda: _mean_occupancy(protocol, "without reuptake block", transporter),
    )


PREDICTIONS = {
    "comparators.half_life": Prediction(lambda: _half_life("escitalopram"), lambda: _half_life("escitalopram", peripheral=False)),
    "comparators.klein2006.occupancy_5mg": _dose_against_its_tenth("escitalopram", 5.0, doses=1, hours=6.0),
    "comparators.klein2006.occupancy_10mg": _dose_against_its_tenth("escitalopram", 10.0, doses=1, hours=6.0),
    "comparators.klein2006.occupancy_20mg": _dose_against_its_tenth("escitalopram", 20.0, doses=1, hours=6.0),
    "comparators.klein2007.occupancy_6h": _dose_against_its_tenth("escitalopram", 10.0, doses=10, hours=6.0),
    "comparators.klein2007.occupancy_54h": _dose_against_its_tenth("escitalopram", 10.0, doses=10, hours=54.0),
    "comparators.dasb2016.occupancy_4h": _dose_against_its_tenth("sertraline", 50.0, doses=1, hours=4.0),
    "comparators.dasb2016.occupancy_48h": _dose_against_its_tenth("sertraline", 50.0, doses=1, hours=48.0),
    "comparators.klein2006.citalopram_10mg": _dose_against_its_tenth("citalopram", 10.0, doses=1, hours=6.0),
    "comparators.klein2006.citalopram_20mg": _dose_against_its_tenth("citalopram", 20.0, doses=1, hours=6.0),
    "comparators.klein2007.citalopram_6h": _dose_against_its_tenth("citalopram", 20.0, doses=10, hours=6.0),
    "comparators.klein2007.citalopram_54h": _dose_against_its_tenth("citalopram", 20.0, doses=10, hours=54.0),
    "comparators.minimum_dose_sertraline": _day_28("sertraline"),
    "comparators.minimum_dose_fluoxetine": _day_28("fluoxetine"),
    "comparators.minimum_dose_citalopram": _day_28("citalopram"),
    "comparators.minimum_dose_escitalopram": _day_28("escitalopram"),
    "comparators.mao_block": Prediction(
        lambda: reference_value("mao_block", SIX_WEEKS, protocol="phenelzine"),
        lambda: reference_value("mao_block", 2 * DAY, protocol="phenelzine"),
    ),
    "comparators.mao_onset": Prediction(lambda: _days_to_full_block("phenelzine"), lambda: _days_to_full_block("sertraline")),
    "comparators.fluoxetine_half_life": Prediction(lambda: _half_life("fluoxetine") / DAY, lambda: _half_life("sertraline") / DAY),
    "comparators.norfluoxetine_half_life": Prediction(
        lambda: _terminal_half_life("norfluoxetine", "fluoxetine"), lambda: _terminal_half_life("fluoxetine", "fluoxetine")
    ),
    "comparators.fluoxetine_accumulates": Prediction(
        lambda: _plasma("fluoxetine", "fluoxetine", 40.0, 30, DAY / 2), lambda: _plasma("fluoxetine", "fluoxetine", 40.0, 1, DAY / 2)
    ),
    "comparators.norfluoxetine_accumulates": Prediction(
        lambda: _plasma("norfluoxetine", "fluoxetine", 40.0, 30, DAY / 2),
        lambda: _plasma("norfluoxetine", "fluoxetine", 40.0, 1, DAY / 2),
    ),
    "comparators.fluoxetine_stays": Prediction(
        lambda: _occupied_sert("fluoxetine", 20.0, 42, 2 * WEEK), lambda: _occupied_sert("citalopram", 20.0, 42, 2 * WEEK)
    ),
    "comparators.moclobemide_block": Prediction(lambda: _mean_mao_held(150.0), lambda: _mean_mao_held(15.0)),
    "comparators.moclobemide_high": Prediction(lambda: _mean_mao_held(350.0), lambda: _mean_mao_held(150.0)),
    "comparators.moclobemide_lets_go": Prediction(lambda: _working_mao("moclobemide", DAY), lambda: _working_mao("tranylcypromine", DAY)),
    "comparators.tranylcypromine_recovery": Prediction(
        lambda: _days_to_recover("tranylcypromine"), lambda: _days_to_recover("moclobemide")
    ),
    "comparators.dopamine_transporter": _day_28("bupropion", "dat_occupancy"),
    "comparators.dopamine_transporter_3h": Prediction(lambda: _occupied_dat(3.0), lambda: _occupied_dat(3.0, 15.0)),
    "comparators.dopamine_transporter_24h": Prediction(
        lambda: _occupied_dat(DAY) / _occupied_dat(3.0),
        lambda: _occupied_dat(DAY, molecules=DAT_INHIBITORS[:1]) / _occupied_dat(3.0, molecules=DAT_INHIBITORS[:1]),
    ),
    "comparators.bupropion_dopamine": Prediction(
        lambda: _largest_dopamine_rise("as given"), lambda: _largest_dopamine_rise("without reuptake block")
    ),
    "comparators.raphe_recovers": Prediction(
        lambda: _days_to_raphe_recovery("as given"), lambda: _days_to_raphe_recovery("without reuptake block")
    ),
    "comparators.onset": Prediction(lambda: separates(reference_run(protocol="escitalopram")), lambda: separates(reference_run())),
    "comparators.first_week": Prediction(
        lambda: _escitalopram_benefit(WEEK) / _escitalopram_benefit(SIX_WEEKS),
        lambda: (
            reference_value("sert_occupancy", WEEK, protocol="escitalopram")
            / reference_value("sert_occupancy", SIX_WEEKS, protocol="escitalopram")
        ),
    ),
    "comparators.six_weeks": Prediction(
        lambda: -_escitalopram_benefit(SIX_WEEKS), lambda: -_escitalopram_benefit(SIX_WEEKS, "without reuptake block")
    ),
    "comparators.memantine": Prediction(_memantine_effect, _memantine_as_ketamine),
    "comparators.memantine_adaptation": Prediction(_memantine_effect, lambda: _memantine_effect("without adaptation")),
    **{
        f"comparators.memantine_{name}": Prediction(partial(_memantine_effect, rows=rows), _memantine_as_ketamine)
        for name, rows in OTHER_MEMANTINES.items()
    },
    "comparators.memantine_growth": Prediction(lambda: _growth_over_pulse("as given"), lambda: _growth_over_pulse("without adaptation")),
    "comparators.placebo_six_weeks": Prediction(
        lambda: 1 - _placebo_gain(SIX_WEEKS) / reference_run(protocol="escitalopram").at(0.0, "context"),
        lambda: reference_run(protocol="escitalopram").at(SIX_WEEKS, "untreated") / reference_run().at(0.0),
    ),
    "comparators.placebo_two_weeks": Prediction(
        lambda: _placebo_gain(2 * WEEK) / _placebo_gain(SIX_WEEKS), lambda: _placebo_gain(WEEK) / _placebo_gain(SIX_WEEKS)
    ),
    "comparators.spares_habenula": Prediction(lambda: _habenular_nmda_loss("escitalopram"), lambda: _habenular_nmda_loss("ketamine-iv")),
}
