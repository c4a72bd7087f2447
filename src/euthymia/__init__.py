"""Euthymia: how ketamine relieves depression, from dose to mood.

``import euthymia as eu`` loads nothing but this page; each name is loaded when it is first used, and an array library when something is
first computed. Nothing is set in the process before that: see :func:`euthymia.configure`.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

__version__ = "0.3.0.dev0"

_HOME = {
    **dict.fromkeys(("simulate", "attribute", "circuits", "compare", "exposure", "default_model"), "api.courses"),
    **dict.fromkeys(("fit_pk", "fit_population", "calibrate", "verify", "validate", "condition_circuits"), "api.studies"),
    "Bench": "api.bench",
    "Population": "api.people",
    "protocols": "api.listing",
    "Protocol": "protocols.protocol",
    "Dose": "protocols.dose",
    "Patient": "protocols.patient",
    "TableLayout": "protocols.nonmem_layout",
    "Model": "model.changed",
    "Run": "api.run",
    "ComparedRuns": "api.run",
    "CohortRun": "api.cohort_run",
    "ExposureRun": "api.exposure_run",
    "evidence": "evidence",
    "read_results": "results.netcdf",
    "read_sbml": "exchange.sbml_reading",
    "InputError": "core.errors",
    "configure": "core.runtime",
}
"""Where each name of the interface is."""
_NEEDS_ARRAYS = {"Model", "Bench", "Run", "ComparedRuns", "CohortRun", "ExposureRun", "read_results", "read_sbml"}
__all__ = sorted([*_HOME, "__version__"])


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _FOLDERS:
        return import_module(f".{name}", __name__)
    if name in _NEEDS_ARRAYS:
        import_module(".core.runtime", __name__).configure()
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


_CALLED = {"circuits", "protocols"}
"""Folders that share their name with a function of the interface: each can be called as the function."""
_FOLDERS = _CALLED | {"evidence"}


class _CallableFolder(ModuleType):
    """A folder of the package that is a function of the interface too."""

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        name = self.__name__.removeprefix(f"{__name__}.")
        return getattr(import_module(f".{_HOME[name]}", __name__), name)(*arguments, **options)


class _Package(ModuleType):
    """The package."""

    def __setattr__(self, name: str, value: Any) -> None:
        # The import system hangs a folder onto the package under its name.
        if name in _CALLED and isinstance(value, ModuleType):
            value.__class__ = _CallableFolder
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
