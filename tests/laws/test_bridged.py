import jax.numpy as jnp
import numpy as np
import pytest

from euthymia.model.closures.response import no_correction
from euthymia.protocols.reading import DEFAULT, read
from euthymia.simulation.bridged import bridge
from euthymia.simulation.dosing import grid_of
from euthymia.simulation.interventions import ARMS
from euthymia.simulation.simulate import simulate


@pytest.fixture(scope="module")
def nodes(model):
    return len(grid_of(read(DEFAULT), model, 70.0).padded_times)


def test_a_habenula_that_fires_more_lowers_dopamine_and_relief(reference_run, nodes):
    none = no_correction(nodes)
    louder = none._replace(habenula=none.habenula.at[:, 0].add(1.0))
    changed = simulate(read(DEFAULT), correction=louder)
    dopamine = (changed.data.dopamine - reference_run.data.dopamine).sel(arm="as given")
    assert float(dopamine.isel(time=slice(1, None)).max()) < 0
    # At 2 h dopamine is above health either way, where more of it counts no more.
    assert changed.at(24.0) > reference_run.at(24.0) + 0.3


def test_a_limbic_lock_that_holds_longer_stays_locked(reference_run, nodes):
    none = no_correction(nodes)
    # Escape e¹² times slower: what took seconds takes days.
    held = none._replace(passage=none.passage.at[:, 1].add(12.0))
    locks = (
        each.data.lock.sel(arm="as given").sel(time=2.0, method="nearest")
        for each in (reference_run, simulate(read(DEFAULT), correction=held))
    )
    as_is, longer = map(float, locks)
    assert as_is < 1 / 2
    assert longer > 0.9


def test_no_correction_changes_nothing(reference_run, nodes):
    same = simulate(read(DEFAULT), arms=tuple(ARMS), coalitions=True, correction=no_correction(nodes))
    np.testing.assert_array_equal(same.madrs(), reference_run.madrs())
    assert jnp.all(no_correction(nodes).habenula == 0)


@pytest.mark.long
def test_fresh_circuits_change_the_default_course_by_less_than_a_point():
    found = bridge(read(DEFAULT))
    assert found.worst < 1
    # The circuits were run, with cells that the surface has not seen.
    first = found.checkpoints[0]
    assert first.fresh["habenula_burst_rate"] != first.closure["habenula_burst_rate"]
    assert first.fresh["pyramidal_rate"] == pytest.approx(first.closure["pyramidal_rate"], rel=1e-4)
