import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from euthymia.cascade.timegrid import LONGEST_STEP, SMALLEST_BUCKET, Pulse, time_grid

pulses = st.lists(
    st.builds(
        Pulse,
        start=st.floats(0, 300),
        duration=st.one_of(st.just(0.0), st.floats(1 / 3600, 30)),
        amount=st.tuples(st.floats(0, 100), st.floats(0, 100)),
    ),
    max_size=5,
)


@settings(max_examples=60, deadline=None)
@given(pulses, st.sampled_from([1, 2]))
def test_the_grid_gives_what_was_prescribed_and_meets_every_event(doses, refine):
    grid = time_grid(doses, 336.0, (24.0,), refine)
    given_amount = (grid.infusion * grid.steps[:, None]).sum(0) + grid.bolus.sum(0)
    np.testing.assert_allclose(given_amount, np.sum([dose.amount for dose in doses], axis=0) if doses else 0, atol=1e-8)
    assert grid.times[0] == 0
    assert abs(grid.times[-1] - 336) < 1e-9
    assert np.all(grid.steps >= 0)
    assert grid.steps.max() <= LONGEST_STEP + 1e-9
    for event in [24.0, *(t for dose in doses for t in (dose.start, dose.start + dose.duration))]:
        assert np.abs(grid.times - event).min() < 1e-9
    assert len(grid.steps) % SMALLEST_BUCKET == 0
    assert np.all(grid.steps[grid.nodes - 1 :] == 0)


def test_a_single_infusion_fits_the_smallest_bucket():
    assert len(time_grid([Pulse(0.0, 2 / 3, (1.0, 1.0))], 336.0).steps) == SMALLEST_BUCKET
