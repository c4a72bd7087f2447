"""What importing and configuring does to the process that it happens in."""

import subprocess
import sys

QUIET = (
    "import os, sys, threading, warnings, signal\nbefore = (dict(os.environ), signal.getsignal(signal.SIGINT), list(warnings.filters))\n"
)


def python(code: str, **environment: str) -> str:
    """What a fresh process prints."""
    clean = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "PYTHONPATH": ":".join(sys.path), **environment}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=clean)
    return done.stdout + done.stderr


def test_importing_changes_nothing_and_loads_no_array_library():
    said = python(
        QUIET + "import euthymia\n"
        "assert before == (dict(os.environ), signal.getsignal(signal.SIGINT), list(warnings.filters))\n"
        "print(sorted({'jax', 'numpy', 'xarray', 'pydantic', 'equinox'} & set(sys.modules)))"
    )
    assert said.strip() == "[]"


def test_configuring_sets_what_is_not_set_and_keeps_what_is():
    said = python(
        "import os; from euthymia.core.runtime import configure; configure(); print(os.environ['NPROC'], os.environ['EQX_ON_ERROR'])"
    )
    assert said.split() == ["1", "nan"]
    assert (
        python("import os; from euthymia.core.runtime import configure; configure(); print(os.environ['NPROC'])", NPROC="1").strip() == "1"
    )


def test_a_process_that_uses_jax_already_is_told():
    said = python("import equinox, jax.numpy as jnp; jnp.zeros(2); from euthymia.core.runtime import configure; configure()")
    assert "NPROC=1" in said
    assert "EQX_ON_ERROR=nan" in said
    assert "double precision" in said


def test_a_process_that_has_set_all_is_not_told():
    code = "import equinox, jax.numpy as jnp; jnp.zeros(2); from euthymia.core.runtime import configure; configure()"
    assert python(code, NPROC="1", EQX_ON_ERROR="nan", JAX_ENABLE_X64="1") == ""


def test_figures_leave_the_host_s_plots_alone():
    said = python(
        "import matplotlib as mpl; mpl.use('pdf'); import matplotlib.pyplot as plt; before = dict(mpl.rcParams)\n"
        "from euthymia.report.figures.style import panels\n"
        "with panels(2.0) as (figure, axes): figure.canvas.draw()\n"
        "print(plt.get_backend(), plt.get_fignums(), before == dict(mpl.rcParams))"
    )
    assert said.split() == ["pdf", "[]", "True"]
