"""Claims are read from data and joined to code; each mistake in either is refused by name."""

import pytest
from ruamel.yaml import YAML

from euthymia.claims.catalogue import PREDICTIONS, join
from euthymia.claims.claim import Prediction
from euthymia.evidence.claims import ClaimRow, claim_rows, load
from euthymia.evidence.registry import evidence

CLAIM = {
    "id": "x.bath",
    "statement": "a bath blocks",
    "observation": "gerhard2020.block_10uM",
    "tolerance": [0.1, 0.9],
    "control": "no drug",
    "standing": "agrees",
}


def written(folder, *claims):
    """A folder with one group of claims, x."""
    with (folder / "x.yaml").open("w", encoding="utf-8") as file:
        YAML().dump(list(claims), file)
    return folder


def row(**changes):
    return ClaimRow.model_validate(CLAIM | changes)


def bounds(tolerance):
    return row(tolerance=tolerance).tolerance.bounds(evidence())


def prediction(**changes):
    return Prediction(lambda: 1.0, lambda: 0.0, **changes)


def test_every_group_has_a_file_and_predictions():
    assert set(claim_rows()) == set(PREDICTIONS)


def test_claims_keep_the_order_of_groups_and_of_rows():
    rows = {"b": [row(id="b.first"), row(id="b.second")], "a": [row(id="a.first")]}
    predictions = {"a": {"a.first": prediction()}, "b": {"b.second": prediction(), "b.first": prediction()}}
    assert [claim.id for claim in join(rows, predictions)] == ["a.first", "b.first", "b.second"]


def test_a_claim_takes_its_words_from_the_row_and_its_numbers_from_the_prediction():
    (claim,) = join({"x": [row(observed="less")]}, {"x": {"x.bath": prediction()}})
    assert (claim.statement, claim.target, claim.observed) == ("a bath blocks", "gerhard2020.block_10uM", "less")
    assert (claim.tolerance, claim.control.change, claim.standing, claim.why) == ((0.1, 0.9), "no drug", "agrees", "")
    assert (claim.predict(), claim.control.predict()) == (1.0, 0.0)


def test_a_claim_says_that_parameters_were_chosen_with_it():
    rows = {"x": [row(), row(id="x.chosen", observation=None, chosen=True)]}
    told, chosen = join(rows, {"x": {"x.bath": prediction(), "x.chosen": prediction()}})
    assert (told.chosen, chosen.chosen) == (False, True)


def test_a_claim_about_an_observation_that_a_row_was_chosen_with_is_no_agreement():
    with_what = {name for parameter in evidence().parameters.values() for name in parameter.chosen_with or ()}
    for claim in (claim for group in claim_rows().values() for claim in group if claim.observation in with_what):
        assert claim.chosen or evidence().target(claim.observation).role == "selected", f"{claim.id}: `chosen: true`"


def test_what_was_observed_may_be_computed():
    (claim,) = join({"x": [row()]}, {"x": {"x.bath": prediction(observed=lambda: "0.5, from two")}})
    assert claim.observed == "0.5, from two"


def test_tolerances_are_derived_from_observations():
    targets = evidence().targets
    half, peak, change = targets["shaffer2014.half_occupancy"], targets["zarate2006.venous_peak"], targets["murrough2013.madrs_24h"]
    assert bounds({"range_of": half.id}) == (half.lower, half.upper)
    assert bounds({"around": peak.id, "share": "1/3"}) == pytest.approx((peak.value * 2 / 3, peak.value * 4 / 3))
    assert bounds({"around": peak.id, "share": "1/4"}) == bounds({"around": peak.id, "share": 0.25})
    standard_error = (change.upper - change.value) / change.n**0.5
    assert bounds({"mean_of": change.id}) == pytest.approx((change.value - 2 * standard_error, change.value + 2 * standard_error))
    assert bounds({"up_to": peak.id}) == (0.0, peak.value)
    assert bounds([-1, 2.5]) == (-1.0, 2.5)


def test_a_group_is_read_in_the_order_of_its_file(tmp_path):
    rows = load(written(tmp_path, CLAIM | {"id": "x.second"}, CLAIM | {"id": "x.first"}), evidence())
    assert [row.id for row in rows["x"]] == ["x.second", "x.first"]


def test_guard_a_claim_without_a_prediction_is_refused():
    with pytest.raises(ValueError, match=r"x\.yaml: no prediction for x\.bath"):
        join({"x": [row()]}, {"x": {}})
    with pytest.raises(ValueError, match=r"x\.yaml: no prediction for x\.bath"):
        join({"x": [row()]}, {})


def test_guard_a_prediction_without_a_claim_is_refused():
    with pytest.raises(ValueError, match=r"x\.yaml: no claim for the prediction x\.other"):
        join({"x": [row()]}, {"x": {"x.bath": prediction(), "x.other": prediction()}})
    with pytest.raises(ValueError, match=r"x\.yaml: no claim for the prediction x\.other"):
        join({}, {"x": {"x.other": prediction()}})


def test_guard_an_observation_stated_and_computed_is_refused():
    with pytest.raises(ValueError, match=r"x\.bath: .* stated and computed"):
        join({"x": [row(observed="less")]}, {"x": {"x.bath": prediction(observed=lambda: "more")}})


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"observation": "nobody1999.number"}, "there is no 'nobody1999.number'"),
        ({"tolerance": {"range_of": "nobody1999.number"}}, "there is no 'nobody1999.number'"),
        ({"tolerance": {"range_of": "gerhard2020.block_10uM"}}, "gerhard2020.block_10uM has no range"),
        ({"tolerance": {"mean_of": "shaffer2014.half_occupancy"}}, "shaffer2014.half_occupancy has no n"),
        ({"tolerance": [0.9, 0.1]}, "the tolerance from 0.9 to 0.1 is crossed"),
        ({"tolerance": [0.5, 0.5]}, "the tolerance from 0.5 to 0.5 is crossed"),
        ({"tolerance": [0.5]}, "tolerance.between.1: Field required"),
        ({"tolerance": [0.1, float("nan")]}, "tolerance.between.1: Input should be a finite number"),
        ({"tolerance": 0.5}, "tolerance: a tolerance is [low, high] or one of range_of"),
        ({"tolerance": {"near": "gerhard2020.block_10uM"}}, "tolerance: a tolerance is [low, high] or one of range_of"),
        ({"tolerance": {"around": "gerhard2020.block_10uM"}}, "tolerance.around.share: Field required"),
        ({"tolerance": {"around": "gerhard2020.block_10uM", "share": "some"}}, "tolerance.around.share: Value error, 'some' is neither"),
        ({"tolerance": {"around": "gerhard2020.block_10uM", "share": "1/0"}}, "tolerance.around.share: Value error, '1/0' is neither"),
        ({"tolerance": {"range_of": "gerhard2020.block_10uM", "share": 0.1}}, "tolerance.range_of.share: Extra inputs are not permitted"),
        ({"observation": "holmes2022.sv2a_change", "chosen": True}, "chosen: holmes2022.sv2a_change is kept for validation"),
        ({"colour": "red"}, "colour: Extra inputs are not permitted"),
        ({"standing": "perhaps"}, "standing"),
        ({"standing": "disagrees"}, "a disagreement says why"),
        ({"control": ""}, "control"),
        ({"statement": None}, "statement"),
    ],
)
def test_guard_a_careless_claim_is_refused_with_its_file_and_id(tmp_path, change, problem):
    with pytest.raises(ValueError, match=r"x\.yaml: x\.bath: ") as error:
        load(written(tmp_path, CLAIM | change), evidence())
    assert problem in str(error.value)


@pytest.mark.parametrize("field", ["statement", "observation", "tolerance", "control", "standing"])
def test_guard_a_field_left_out_is_refused(tmp_path, field):
    with pytest.raises(ValueError, match=rf"x\.yaml: x\.bath: {field}: Field required"):
        load(written(tmp_path, {name: value for name, value in CLAIM.items() if name != field}), evidence())


def test_guard_a_claim_without_an_id_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"x\.yaml: claim 2: id: Field required"):
        load(written(tmp_path, CLAIM, {name: value for name, value in CLAIM.items() if name != "id"}), evidence())


def test_guard_two_claims_with_one_id_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"x\.yaml: x\.bath: a claim with this id stands in x\.yaml"):
        load(written(tmp_path, CLAIM, CLAIM), evidence())
