"""A forecast of further trials is the response of their patients, spread by what trials differ by and by nothing else."""

from itertools import pairwise

import jax.numpy as jnp
import numpy as np
import pytest

from euthymia.clinic.symptoms import ITEMS
from euthymia.core.errors import InputError
from euthymia.evidence import computed, headline
from euthymia.evidence.headline import CHANGE_BINS, ContrastForecast, Headline, Interval, ProtocolForecast
from euthymia.inference import forecast as forecasts
from euthymia.inference.coordinates import FITTED
from euthymia.inference.fitted import shipped
from euthymia.inference.forecast import FOLLOWED, LAST, RATED, SHOWN, follow_up_of, forecast
from euthymia.protocols.reading import DEFAULT, read
from euthymia.report.headline import of_hours
from euthymia.report.terminal.headline import BARS, histogram, scale_of_histogram
from euthymia.trials.regimens import RegimenTrajectories

PATIENTS = 64


def repaired_by(share):
    """Trajectories in which mechanisms have come the same share of the way in everybody from two hours on."""

    def trajectories(protocol, times, model, patients):
        repair = share * jnp.asarray(times > 0, float)[None, :, None] * jnp.ones((len(patients.numbers), 1, len(ITEMS)))
        return RegimenTrajectories(repair, jnp.zeros(len(patients.numbers)))

    return trajectories


def at(coordinates):
    """The shipped calibration with one draw."""
    draw = [float(coordinates.get(row, 0.0)) for row in FITTED]
    return shipped().model_copy(update={"draws": (tuple(draw),)})


ALIKE = {"between_trials.context": -60.0, "between_trials.responsiveness": -60.0}


@pytest.fixture
def of(monkeypatch):
    def found(share, coordinates):
        monkeypatch.setattr(forecasts, "trajectories_at", repaired_by(share))
        (of_protocol,) = forecast([read(DEFAULT)], at(coordinates), patients=PATIENTS, draws=50).values()
        return of_protocol

    return found


def test_trials_that_are_alike_find_the_same(of):
    found = of(0.5, ALIKE)
    for rate in (*found.response.values(), *found.remission.values(), found.left):
        assert rate.low == pytest.approx(rate.high, abs=1e-6)
    assert list(found.response) == [*SHOWN, LAST]
    # Of one dose the day after the last is the first day.
    assert found.response[LAST].median == pytest.approx(found.response["24 h"].median)
    assert sum(found.change) == pytest.approx(1)
    assert len(found.change) == len(CHANGE_BINS) - 1


def test_more_repair_is_more_response_and_trials_that_differ_spread(of):
    little, much = of(0.1, ALIKE), of(0.9, ALIKE)
    for when in SHOWN:
        assert much.response[when].median > little.response[when].median
        assert much.remission[when].median > little.remission[when].median
    assert much.left.median < little.left.median
    assert much.relapsed["14 d"].median < little.relapsed["14 d"].median
    assert all(rate.median <= later.median for rate, later in pairwise(much.relapsed.values()))
    wide = of(0.5, {"between_trials.responsiveness": 1.0})
    narrow = of(0.5, {"between_trials.responsiveness": -2.0})
    assert wide.response["7 d"].high - wide.response["7 d"].low > narrow.response["7 d"].high - narrow.response["7 d"].low


@pytest.mark.parametrize(("name", "last"), [("ketamine-iv-six", 11), ("esketamine-spray-and-escitalopram", 24), ("escitalopram", 41)])
def test_responders_are_followed_from_the_last_dose_at_a_visit_or_the_last_tablet(name, last):
    follow_up = follow_up_of(read(name))
    assert follow_up.judged_at == 24 * (last + 1)
    assert follow_up.ratings == tuple(24 * last + after for after in FOLLOWED.values())


def test_nobody_is_followed_without_a_dose():
    assert follow_up_of(read("untreated")) is None


def test_who_never_responds_has_no_time_to_response(of):
    assert of(0.0, {**ALIKE, "context.saline.visit": -6.0}).hours_to_response.median is None
    soon = of(1.0, {**ALIKE, "population.typical_responsiveness": 4.0}).hours_to_response.median
    assert soon == RATED[1]


def test_a_headline_of_other_numbers_is_not_shown(tmp_path, monkeypatch):
    rate = Interval(low=1.0, median=2.0, high=3.0)
    one = ProtocolForecast(response={"24 h": rate}, remission={"24 h": rate}, left=rate, hours_to_response=rate, relapsed={}, change=(1.0,))
    contrast = ContrastForecast(what="one over the other", observed=10.0, predicted=rate)
    stored = Headline(inputs="other", patients=16, trials=50, protocols={DEFAULT: one}, contrasts=(contrast,))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / headline.FILE).write_text(stored.model_dump_json())
    monkeypatch.setattr(computed, "files", lambda package: tmp_path)
    assert computed.of_package(Headline, headline.FILE, "headline", "other") == stored
    headline.shipped.cache_clear()
    assert headline.shipped() is None
    headline.shipped.cache_clear()
    with pytest.raises(InputError, match=r"^headline: headline\.yaml holds no headline"):
        computed.parsed(Headline, "inputs: 3", headline.FILE, "headline")


def test_shares_of_patients_are_bars_and_hours_are_words():
    assert histogram((0.0, 0.25, 0.5)) == f"{BARS[0]}{BARS[4]}{BARS[-1]}"
    assert of_hours(2.0) == "2 h"
    assert of_hours(72.0) == "3 d"
    assert of_hours(None) == "never"
    assert np.all(np.diff(RATED) > 0)


def test_the_scale_of_the_bars_has_zero_where_change_is_none():
    scale, bars = scale_of_histogram(), len(CHANGE_BINS) - 1
    assert len(scale) == bars
    assert scale.index("0", 3) == CHANGE_BINS.index(0)


def test_who_begins_below_a_relapse_is_not_followed(monkeypatch):
    monkeypatch.setattr(forecasts, "trajectories_at", repaired_by(0.5))
    mild = read(DEFAULT).changed(patient={"madrs": 18.0})
    (found,) = forecast([mild], at(ALIKE), patients=PATIENTS, draws=50).values()
    assert found.relapsed == {}
    assert list(found.response) == list(SHOWN)
