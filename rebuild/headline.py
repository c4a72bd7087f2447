"""Forecast further trials of every protocol that ships, and like-for-like contrasts: `python -m rebuild.headline`; minutes of work."""

import numpy as np

from euthymia.core.errors import InputError
from euthymia.core.files import atomic_write
from euthymia.core.runtime import configure
from euthymia.evidence.computed import model_hash
from euthymia.evidence.headline import FILE, ContrastForecast, Headline, Interval

from . import say
from .inputs import DATA
from .stored import as_yaml

ABOUT = "What further trials of the protocols that ship would find, and like-for-like contrasts. Written by `make rebuild`."
PATIENTS, TRIALS = 256, 200


def main() -> None:
    """Compute and store."""
    configure()
    from euthymia.inference.fitted import shipped
    from euthymia.inference.forecast import forecast
    from euthymia.inference.prediction import INTERVAL, predict
    from euthymia.protocols.reading import builtin_names, read
    from euthymia.trials.published import published_trials

    protocols = {}
    for name in builtin_names():
        try:
            protocols |= forecast([read(name)], shipped(), patients=PATIENTS, draws=TRIALS, progress=say)
        except InputError as error:
            say(f"{name} is left out: {error}")
    published = published_trials()
    rows = {row.observation.target: row for row in predict(published.compared(), shipped(), patients=PATIENTS, progress=say)}
    contrasts = []
    for contrast in published.like_for_like:
        first, second = rows[contrast.first], rows[contrast.second]
        low, median, high = np.quantile(first.draws - second.draws, (INTERVAL[0], 0.5, INTERVAL[1])).tolist()
        observed = first.observation.observed - second.observation.observed
        contrasts.append(ContrastForecast(what=contrast.what, observed=observed, predicted=Interval(low=low, median=median, high=high)))
    computed = Headline(inputs=model_hash(), patients=PATIENTS, trials=TRIALS, protocols=protocols, contrasts=tuple(contrasts))
    atomic_write(DATA / FILE, f"# {ABOUT}\n{as_yaml(computed.model_dump())}")


if __name__ == "__main__":
    main()
