"""The evidence and the equations must agree about every number; each guard is shown to fire."""

import shutil
from importlib.resources import files
from pathlib import Path

import pytest
from pydantic import ValidationError

from euthymia.analysis.circuit_conditions import CONDITIONS
from euthymia.core.errors import InputError
from euthymia.core.parameters import declared, fill, parameter, rows_of
from euthymia.core.units import factor
from euthymia.evidence.pharmacokinetics import priors
from euthymia.evidence.registry import Registry, evidence, load
from euthymia.evidence.rows import Parameter, Target
from euthymia.inference.disposition_studies import studies
from euthymia.model.circuits import SPLIT_ROWS

ROW = {"id": "a.b", "value": 1.0, "unit": "h", "source": "none", "provenance": "read"}


def unused(registry: Registry, *containers) -> set[str]:
    read = {row for container in containers for _, field in declared(container) for row in rows_of(field)}
    return set(registry.parameters) - read


def whole_model():
    from euthymia.model.parameters import Euthymia

    return Euthymia


def test_every_parameter_has_a_row_and_its_unit_converts(model):
    for name, field in declared(whole_model()):
        for row in rows_of(field):
            assert row in evidence().parameters, f"{name} has no row {row}"
            assert factor(evidence().parameters[row].unit, field.metadata["unit"]) > 0


def test_every_row_is_used():
    assert unused(evidence(), whole_model()) == set()


def test_every_target_is_shown_or_compared_with():
    from euthymia.claims.catalogue import claims
    from euthymia.report.pages.sections import SECTIONS
    from euthymia.trials.published import published_trials
    from euthymia.validation.pharmacology import VERIFIED

    in_studies = {row for study in studies() for arm in study.arms.values() for row in arm.numbers}
    used = {claim.target for claim in claims()} | {target for section in SECTIONS for target in section.targets}
    used |= set(VERIFIED) | in_studies
    used |= {name for trial in published_trials().trials for name in [*(each.target for each in trial.observations), *trial.unanswered]}
    assert set(evidence().targets) - used == set()


def roles_by_study(registry: Registry) -> dict[str, set[str]]:
    roles: dict[str, set[str]] = {}
    for target in registry.targets.values():
        roles.setdefault(target.source, set()).add(target.role)
    return {study: found for study, found in roles.items() if study != "none"}


def test_a_study_has_one_role_and_sets_no_parameter_if_it_validates():
    sets_parameters = {row.source for row in [*evidence().parameters.values(), *priors().values()]}
    for study, roles in roles_by_study(evidence()).items():
        assert len(roles) == 1, f"{study}: {roles}"
        assert "validate" not in roles or study not in sets_parameters, study


def test_what_is_calibrated_names_a_study_kept_for_calibration():
    roles = roles_by_study(evidence())
    for row in evidence().parameters.values():
        if row.provenance == "calibrated" and row.id not in priors() and row.id not in SPLIT_ROWS:
            assert roles.get(row.source) == {"calibrate"}, row.id


def test_what_circuits_were_conditioned_on_is_read_and_counts_as_seen():
    for condition in CONDITIONS:
        target = evidence().target(condition.target)
        assert (target.role, target.provenance) == ("selected", "read"), condition.target
    for row in SPLIT_ROWS:
        assert evidence().parameters[row].source == "circuit_conditions"


def test_a_number_of_a_study_has_the_role_of_the_study_and_a_study_that_is_kept_aside_sets_no_disposition():
    for study in studies():
        for arm in study.arms.values():
            for row in arm.numbers:
                target = evidence().target(row)
                assert target.role == study.role, row
                assert target.provenance == "read", row
                assert study.study in (target.source, row.split(".")[0]), row


def test_dois_look_like_dois():
    for source in evidence().sources.values():
        assert source.doi is None or source.doi.startswith("10.")


def test_guard_a_parameter_without_a_row_is_refused():
    import equinox as eqx

    class Lonely(eqx.Module):
        rate: object = parameter("no.such.row", "1/h", "nothing")

    with pytest.raises(InputError, match=r"no\.such\.row"):
        fill(Lonely, evidence().value)


def test_guard_a_row_that_nobody_reads_is_found():
    extra = evidence().parameters | {"forgotten": Parameter(**ROW | {"id": "forgotten"})}
    assert unused(Registry(extra, {}, evidence().sources), whole_model()) == {"forgotten"}


@pytest.mark.parametrize("unit", ["parsec per fortnite", "mg/kgg", "1/(uM*", "L and h"])
def test_guard_a_unit_that_does_not_parse_is_refused(unit):
    with pytest.raises(ValidationError, match="is not a unit"):
        Parameter(**ROW | {"unit": unit})


@pytest.mark.parametrize(("unit", "wanted"), [("h", "mg"), ("ng/mL", "uM"), ("mV", "h")])
def test_guard_a_row_in_the_wrong_dimension_is_refused(unit, wanted):
    with pytest.raises(ValueError, match="does not convert"):
        factor(unit, wanted)


@pytest.mark.parametrize("role", [None, "", "tune"])
def test_guard_a_target_without_a_role_is_refused(role):
    row = ROW | {"quantity": "x"} | ({} if role is None else {"role": role})
    with pytest.raises(ValidationError, match="role"):
        Target(**row)


@pytest.mark.parametrize(
    "change", [{"provenance": "guessed"}, {"value": "five"}, {"value": float("nan")}, {"colour": "red"}, {"lower": 0.0}]
)
def test_guard_a_careless_row_is_refused(change):
    with pytest.raises(ValidationError):
        Parameter(**ROW | change)


@pytest.fixture
def copy(tmp_path) -> Path:
    folder = tmp_path / "data"
    shutil.copytree(str(files("euthymia.evidence") / "data"), folder)
    return folder


def test_guard_a_row_with_an_unknown_source_is_refused(copy):
    with (copy / "parameters" / "extra.yaml").open("w") as file:
        file.write("- {id: x, value: 1, unit: h, source: nobody1999, provenance: read}\n")
    with pytest.raises(ValueError, match="nobody1999"):
        load(copy)


def test_guard_two_rows_with_one_id_are_refused(copy):
    with (copy / "parameters" / "extra.yaml").open("w") as file:
        file.write("- {id: ketamine.clearance, value: 1, unit: L/h, source: none, provenance: read}\n")
    with pytest.raises(ValueError, match=r"ketamine\.clearance"):
        load(copy)


def test_a_changed_number_changes_the_hash(copy):
    before = load(copy).parameter_hash()
    text = (copy / "parameters" / "pharmacology.yaml").read_text()
    (copy / "parameters" / "pharmacology.yaml").write_text(text.replace("value: 8.3,", "value: 8.4,"))
    assert load(copy).parameter_hash() != before
