"""Exposures on grids of one size, so that all that tests ask for is one compiled program."""

from dataclasses import replace

import numpy as np

import euthymia.simulation.exposure as solving
from euthymia.protocols.reading import check
from euthymia.simulation.dosing import grid_of

STEPS = 8192
"""To which the grid of every protocol is padded."""
MILLIGRAMS = 35.0
LONG = "120 d"


def dose(route="i.v. bolus", drug="ketamine", milligrams=MILLIGRAMS, **more):
    return {"drug": drug, "amount": f"{milligrams} mg", "route": route} | more


def given(*doses, horizon=LONG, **patient):
    return check({"name": "given", "title": "given", "patient": {"weight": "70 kg"} | patient, "doses": list(doses), "horizon": horizon})


EVERY_THIRD_DAY = dose(every="3 d", times=4)
TWO_SECONDS = dose("i.v. infusion", duration="2 s", every="3 d", times=4)


def solver(monkeypatch):
    """Exposures of a protocol, on a padded grid."""

    def padded_grid(*of):
        grid = grid_of(*of)
        more = STEPS - len(grid.length_index)
        zero = int(np.flatnonzero(grid.lengths == 0)[0])
        rows = {name: np.pad(getattr(grid, name), [(0, more), (0, 0)]) for name in ("infusion", "bolus")}
        return replace(grid, length_index=np.pad(grid.length_index, (0, more), constant_values=zero), **rows)

    monkeypatch.setattr(solving, "grid_of", padded_grid)
    return solving.exposures
