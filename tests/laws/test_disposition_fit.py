"""The fit of the disposition: laws of its numbers and of its likelihood, and what it stored."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from euthymia.evidence.pharmacokinetics import priors, stored_fit
from euthymia.evidence.registry import evidence
from euthymia.inference.disposition_fit import (
    BETWEEN_STUDIES,
    CONVERGED,
    CORRELATION_LENGTH,
    ERROR,
    WITHIN_STUDY,
    between_study_error,
    disposition_problem,
    fit_disposition,
    predictions,
)
from euthymia.inference.disposition_people import fit_variability
from euthymia.inference.disposition_statistics import arm_courses
from euthymia.inference.disposition_studies import studies, time_courses
from euthymia.inference.pk_design import MOLECULES
from euthymia.model.default import model_at
from euthymia.protocols.reading import check
from euthymia.simulation.exposure import exposures


@pytest.fixture(scope="module")
def problem(model):
    return disposition_problem(model, ("calibrate", "validate"))


@pytest.fixture(scope="module")
def predicted(problem, model):
    return predictions(problem, {})


def of_kind(problem, predicted, kind):
    return [(number, value) for number, value in zip(problem.numbers, predicted, strict=True) if number.kind == kind]


def test_a_number_is_what_a_run_of_its_protocol_gives(problem, predicted):
    """Peaks, areas and ratios beside the exposures of the simulator, which makes its own grid."""
    arms = {(study.study, name): arm for study in studies() for name, arm in study.arms.items()}
    for key, row, quantity in (
        (("zarate2006", "0.5 mg/kg into a vein"), "zarate2006.venous_peak", "venous_ketamine"),
        (("nasal2022", "30 mg by nose"), "nasal2022.peak_30", "venous_ketamine"),
        (("grant1981", "0.5 mg/kg by mouth"), "grant1981.peak_oral", "venous_ketamine"),
    ):
        protocol = check({"name": "arm", "title": "Arm", "doses": arms[key].doses, "patient": {"weight": "70 kg"}, "horizon": "3 d"})
        peak = float(exposures(protocol).peak[quantity].sel(enantiomer="both", patient=0))
        (found,) = [value for number, value in zip(problem.numbers, predicted, strict=True) if number.name == row]
        assert found == pytest.approx(peak, rel=2e-3), row


def test_areas_and_clearances_close(problem, predicted, model):
    p = model.physiology.disposition
    for number, value in of_kind(problem, predicted, "clearance"):
        assert value == pytest.approx(float(p.clearance), rel=1e-9), number.name
    for number, value in of_kind(problem, predicted, "bioavailability"):
        assert 0 < value < 1, number.name
    of_hnk = float(p.norketamine_share * p.hydroxynorketamine_share * p.clearance / p.hydroxynorketamine_clearance)
    ratios = {number.name: value for number, value in of_kind(problem, predicted, "ratio of areas")}
    assert ratios["hasan2021.hnk_ratio_s"] == pytest.approx(of_hnk, rel=1e-9)
    assert ratios["hasan2021.hnk_ratio_r"] == pytest.approx(of_hnk / float(p.hydroxynorketamine_clearance_ratio), rel=1e-9)
    swallowed = float(p.absorption.gut_share / p.absorption.tablet_bioavailability)
    assert ratios["hasan2021.hnk_ratio_oral_s"] == pytest.approx(swallowed * of_hnk, rel=1e-9)


def test_shares_of_a_spray_are_rescaled_from_the_reference(problem, model):
    """At other absorption, designs of the reference give what designs made anew give."""
    other = model_at({"absorption.nasal_half_dose": jnp.asarray(20.0), "absorption.bioavailability.oral": jnp.asarray(0.1)})
    anew = disposition_problem(other, ("calibrate", "validate"))
    rescaled, made = arm_courses(other, model, problem.arms), arm_courses(other, other, anew.arms)
    np.testing.assert_allclose(rescaled.samples, made.samples, rtol=1e-10)
    np.testing.assert_allclose(rescaled.areas, made.areas, rtol=1e-10)


def test_the_likelihood_is_the_normal_one_of_shifts_and_errors(problem):
    rng = np.random.default_rng(3)
    coordinates = jnp.asarray(rng.normal(0, 0.2, len(problem.priors)))
    values = {row: float(value) for row, value in problem.values(coordinates).items()}
    used = np.asarray(problem.used("nasal2022"))
    numbers = [number for number, each in zip(problem.numbers, used, strict=True) if each]
    covariance = np.zeros((len(numbers), len(numbers)))
    for i, one in enumerate(numbers):
        for j, other in enumerate(numbers):
            areas = [each.kind not in ("concentration", "peak", "ratio of peaks") for each in (one, other)]
            if (one.study, between_study_error(one), areas[0]) == (other.study, between_study_error(other), areas[1]):
                covariance[i, j] = values[between_study_error(one)] ** 2
            if one.hours and (one.arm, one.number) == (other.arm, other.number):
                covariance[i, j] += values[WITHIN_STUDY] ** 2 * np.exp(-abs(np.log(one.hours / other.hours)) / CORRELATION_LENGTH)
        covariance[i, i] += (one.reading_error / one.observed) ** 2 + (0 if one.hours else values[WITHIN_STUDY] ** 2)
    residual = np.log([number.observed for number in numbers]) - np.asarray(problem.log_predicted(coordinates))[used]
    expected = scipy.stats.multivariate_normal(np.zeros(len(numbers)), covariance).logpdf(residual)
    constant = len(numbers) / 2 * np.log(2 * np.pi)
    assert float(problem.log_likelihood(coordinates, jnp.asarray(used))) == pytest.approx(expected + constant, rel=1e-9)


def test_what_is_stored_is_the_model_that_ships(problem, predicted):
    stored = stored_fit()
    for number, value in zip(problem.numbers, predicted, strict=True):
        assert value * number.per_unit == pytest.approx(stored["numbers"][number.name]["fit"], rel=1e-3), number.name
    for row, estimate in stored["estimates"].items():
        assert estimate["value"] > 0
        assert estimate["prior_sd"] == priors()[row].sd
        if not row.startswith(ERROR):
            assert evidence().parameters[row].value == pytest.approx(estimate["value"], rel=1e-4)


def test_the_stored_fit_stands_at_a_mode(problem):
    stored = stored_fit()["estimates"]

    def on_scale(prior, value):
        return np.log(value / (1 - value)) if prior.scale == "logit" else np.log(value)

    coordinates = np.array([(on_scale(p, stored[p.row]["value"]) - on_scale(p, stored[p.row]["prior"])) / p.sd for p in problem.priors])
    slope = np.asarray(eqx.filter_jit(jax.grad(problem.log_posterior))(jnp.asarray(coordinates), problem.used()))
    sd = np.array([stored[prior.row]["sd"] / prior.sd for prior in problem.priors])
    # The square of each is at most the Newton decrement.
    np.testing.assert_allclose(slope * sd, 0, atol=np.sqrt(CONVERGED))


def test_a_molecule_of_every_number_is_known(problem):
    assert {number.number.of for number in problem.numbers} <= set(MOLECULES)
    assert {between_study_error(number) for number in problem.numbers} <= {row for row in priors() if row.startswith(BETWEEN_STUDIES)}


@pytest.mark.long
def test_a_fit_recovers_the_disposition_that_made_its_numbers(problem, model):
    """Numbers made at another disposition, without error: the fit moves most of the way to it where data say more than the prior."""
    truth = {"norketamine.clearance": 70.0, "ketamine.venous_delay": 25.0, "hydroxynorketamine.clearance_ratio": 0.8}
    made = predictions(problem, truth)
    data = problem.data._replace(log_observed=jnp.log(jnp.asarray(made)))
    fit = fit_disposition(type(problem)(problem.reference, problem.arms, problem.numbers, problem.priors, data))
    for row, value in truth.items():
        assert fit.values[row] == pytest.approx(value, rel=0.1), row


def test_variances_explain_the_spread_that_was_published(problem, model):
    found = fit_variability(model, problem)
    for row, value in found.values.items():
        assert value == pytest.approx(stored_fit()["estimates"][row]["value"], rel=0.02), row
    for name, (observed, expected) in found.numbers.items():
        assert 0.5 < expected / observed < 2, name


@pytest.mark.long
def test_a_fit_without_a_study_does_not_read_it(problem):
    doubled = jnp.asarray([np.log(2.0) * (number.study == "hasan2021") for number in problem.numbers])
    changed = replace(problem, data=problem.data._replace(log_observed=problem.data.log_observed + doubled))
    one, other = (fit_disposition(each, "hasan2021") for each in (problem, changed))
    np.testing.assert_array_equal(one.coordinates, other.coordinates)


def test_every_digitised_course_belongs_to_an_arm_and_every_reading_error_to_a_course():
    arms = {(study.study, name): arm for study in studies() for name, arm in study.arms.items()}
    for key, rows in time_courses().items():
        assert set(arms[key].reading_error) == {row["molecule"] for row in rows}, key
    assert {key for key, arm in arms.items() if arm.reading_error} == set(time_courses())
