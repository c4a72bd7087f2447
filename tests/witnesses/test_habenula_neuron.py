"""NEURON as witness: the same cell, written as its mechanisms and integrated by its own solver, fires at the same times."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from euthymia.circuits.habenula.cell import Cells, simulate, steady_state
from euthymia.circuits.habenula.parameters import CHANNELS, HabenulaCell
from euthymia.core.parameters import fill
from euthymia.evidence.registry import evidence

pytestmark = pytest.mark.skipif(importlib.util.find_spec("neuron") is None, reason="NEURON is not installed")

MECHANISMS = Path(__file__).parent / "habenula_mod"
CASES = [(-69.5, 1.0), (-69.5, 0.7), (-75.0, 1.0), (-60.0, 1.0), (-50.0, 1.0)]
"""Leak reversal (mV) and share of NMDA conductance: bursts, slower bursts, fast bursts, tonic, fast tonic."""
START, DURATION = -60.0, 1000
AGREEMENT = 0.1
FINE, TIGHT = (400, 800), (1e-8, 1e-10)
"""Steps per ms here and tolerances there, each coarse and fine."""


@pytest.fixture(scope="module")
def cell() -> HabenulaCell:
    return fill(HabenulaCell, evidence().value)


def as_mechanisms(p: HabenulaCell, leak_reversal: float, nmda: float) -> dict:
    """Parameters of NEURON's mechanisms: conductances in S/cm2."""
    g = {name: float(value) / 1000 for name, value in zip(CHANNELS, p.conductance, strict=True)}
    E = {name: float(value) for name, value in zip(CHANNELS, p.reversal, strict=True)}
    fast = {"gna": g["sodium"], "gk": g["potassium"], "ena": E["sodium"], "ek": E["potassium"], "vt": p.threshold}
    slow = {"gl": g["leak"], "el": leak_reversal, "gn": g["NMDA"] * nmda, "en": E["NMDA"], "gh": g["h"], "eh": E["h"]}
    slow |= {"gt": g["T"], "et": E["T"], "vm": p.T_half[0], "km": p.T_width[0], "vh": p.T_half[1], "kh": p.T_width[1], "slow": p.T_slowing}
    slow |= {"vr": p.h_half, "kr": p.h_width, "ga": g["calcium_potassium"], "ek": E["calcium_potassium"]}
    slow |= {"kca": p.calcium_per_charge, "tauca": p.calcium_time, "khalf": p.calcium_for_half}
    floats = {name: {key: float(value) for key, value in part.items()} for name, part in {"habfast": fast, "habslow": slow}.items()}
    return floats | {"cm": float(p.capacitance), "spike_level": float(p.spike_level)}


def ours(p: HabenulaCell, substeps: int) -> list[np.ndarray]:
    rest, nmda = (jnp.array(column) for column in zip(*CASES, strict=True))
    left = jnp.ones((len(CHANNELS), len(CASES))).at[CHANNELS.index("NMDA")].set(nmda)
    cells = Cells(rest, p.conductance[:, None] * left)
    ambient, injected = jnp.zeros((DURATION + 1, len(CASES))), jnp.zeros(DURATION)
    run = jax.jit(simulate, static_argnames="substeps")
    start = steady_state(p, cells, jnp.full(len(CASES), START))
    spike = np.asarray(run(p, cells, start, ambient, injected, jnp.asarray(1 / substeps), substeps=substeps)[1].spike)
    return [spike[np.isfinite(spike[:, i]), i] for i in range(len(CASES))]


@pytest.fixture(scope="module")
def theirs(cell, tmp_path_factory) -> dict[float, list[list[float]]]:
    folder = tmp_path_factory.mktemp("mod")
    for file in MECHANISMS.glob("*.mod"):
        shutil.copy(file, folder)
    subprocess.run([Path(sys.executable).parent / "nrnivmodl", "."], cwd=folder, check=True, capture_output=True, timeout=300)
    runs = [
        {"values": as_mechanisms(cell, *case), "start": START, "duration": DURATION, "tolerance": tolerance}
        for tolerance in TIGHT
        for case in CASES
    ]
    done = subprocess.run(
        [sys.executable, MECHANISMS / "run.py"],
        input=json.dumps({"folder": str(folder), "runs": runs}),
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )
    spikes = json.loads(done.stdout.splitlines()[-1])
    return dict(zip(TIGHT, (spikes[: len(CASES)], spikes[len(CASES) :]), strict=True))


@pytest.mark.slow
def test_spike_times_agree_with_NEURON(cell, theirs):
    coarse, fine = (ours(cell, substeps) for substeps in FINE)
    for i, case in enumerate(CASES):
        loose, tight = (np.array(theirs[tolerance][i]) for tolerance in TIGHT)
        assert len(coarse[i]) == len(fine[i]) == len(loose) == len(tight) > 5, case
        # Both have converged before they are compared.
        assert np.abs(coarse[i] - fine[i]).max() < AGREEMENT / 2, case
        assert np.abs(loose - tight).max() < AGREEMENT / 2, case
        assert np.abs(fine[i] - tight).max() < AGREEMENT, case
