"""Formulas of the slow system in an SBML document: parameters of the model by their dotted name, rules and states."""

from collections.abc import Callable, Collection
from operator import attrgetter

import jax
import numpy as np

from ..circuits.prefrontal import CLASSES
from ..core.parameters import declared
from ..core.types import CELL_CLASSES, SITES, SUBUNITS
from ..model.fast import Brain
from ..model.parameters import Physiology
from ..receptors.monoamine import DAT_INHIBITORS, IRREVERSIBLE_MAO_INHIBITORS, REVERSIBLE_MAO_INHIBITORS, SERT_INHIBITORS
from ..receptors.nmdar import BLOCKERS, LIGANDS, OF_PYRAMIDAL_CELLS
from .sbml_document import Document, Unit, identifier

UNITS: dict[str, Unit] = {
    "mV": ("millivolt", [("volt", 1, -3, 1.0)]),
    "per_mV": ("per millivolt", [("volt", -1, -3, 1.0)]),
    "Hz": ("spike per second", [("second", -1, 0, 1.0)]),
    "pA": ("picoampere", [("ampere", 1, -12, 1.0)]),
    "pA_s": ("picoampere second", [("ampere", 1, -12, 1.0), ("second", 1, 0, 1.0)]),
    "nS": ("nanosiemens", [("siemens", 1, -9, 1.0)]),
    "ms": ("millisecond", [("second", 1, -3, 1.0)]),
    "ms_per_h": ("millisecond per hour", [("second", 1, -3, 1.0), ("second", -1, 0, 3600.0)]),
    "mmol_per_L": ("millimole per litre", [("mole", 1, -3, 1.0), ("litre", -1, 0, 1.0)]),
    "L_per_umol": ("litre per micromole", [("mole", -1, -6, 1.0), ("litre", 1, 0, 1.0)]),
    "L_per_umol_per_h": ("litre per micromole and hour", [("mole", -1, -6, 1.0), ("litre", 1, 0, 1.0), ("second", -1, 0, 3600.0)]),
}
"""Of the slow system, beside those of every document."""
UNIT_IDENTIFIERS = {
    **{"1/h": "per_h", "uM": "umol_per_L", "1/uM": "L_per_umol", "1/(uM*h)": "L_per_umol_per_h", "mM": "mmol_per_L"},
    **{"1/mV": "per_mV", "pA*s": "pA_s", "s": "second"},
}
"""Identifiers of those units of parameters that are spelt otherwise in the document."""
LABELS = {
    "receptor.binding_constant": (LIGANDS,),
    "receptor.affinity": (SUBUNITS,),
    "receptor.affinity_of_others": (BLOCKERS, SUBUNITS),
    "receptor.trapped_share": (BLOCKERS,),
    "receptor.resting_engagement": (BLOCKERS,),
    "receptor.open_probability": (SITES,),
    "receptor.composition": (CELL_CLASSES, SUBUNITS),
    "receptor.voltage": (CELL_CLASSES,),
    "receptor.drive_ic50": (CELL_CLASSES,),
    "receptor.ic50_ratio": (OF_PYRAMIDAL_CELLS,),
    "receptor.magnesium.subunit_scale": (SUBUNITS,),
    "links.free_share": (BLOCKERS,),
    "monoamine.sert_affinity": (SERT_INHIBITORS,),
    "monoamine.dat_affinity": (DAT_INHIBITORS,),
    "monoamine.mao_affinity": (REVERSIBLE_MAO_INHIBITORS,),
    "monoamine.mao_inactivation": (IRREVERSIBLE_MAO_INHIBITORS,),
    "prefrontal.weights": (CLASSES, CLASSES),
    **{f"prefrontal.{name}": (CLASSES,) for name in ("leak", "spike_time", "baseline", "nmda_share", "tonic_share")},
    "midbrain.healthy": (("tonic", "burst"),),
}
"""Labels along each axis of a parameter."""
Writer = Callable[..., str]
""":meth:`Formulas.rule` or :meth:`Formulas.once`."""


class Formulas:
    """Formulas as they are added to a document; adding one returns its identifier, for use in further formulas."""

    def __init__(self, document: Document, physiology: Physiology, brain: Brain, systems: Collection[str]):
        self.document, self.physiology, self.brain, self.systems = document, physiology, brain, systems
        self._fields = dict(declared(Physiology))
        self._written: set[str] = set()
        document.define(UNITS)

    def parameter(self, path: str, *labels: str) -> str:
        """A parameter of the model by its dotted name, added when first needed."""
        name = identifier(*path.split("."), *labels)
        if name not in self._written:
            metadata = self._fields[path].metadata
            index = tuple(names.index(label) for names, label in zip(LABELS.get(path, ()), labels, strict=True))
            value = float(np.asarray(attrgetter(path)(self.physiology))[index])
            title = f"{' '.join((path, *labels))}: {metadata['meaning']}"
            self.document.number(name, title, value, UNIT_IDENTIFIERS.get(metadata["unit"], metadata["unit"]))
            self._written.add(name)
        return name

    def number(self, name: str, title: str, value: jax.Array | float, unit: str = "dimensionless") -> str:
        """A constant that follows from the undosed patient, or that is structure."""
        return self.document.number(name, title, float(value), unit)

    def rule(self, name: str, title: str, formula: str, unit: str = "dimensionless") -> str:
        """A quantity that a formula gives at all times."""
        return self.document.rule(name, title, unit, formula)

    def once(self, name: str, title: str, formula: str, unit: str = "dimensionless") -> str:
        """A constant that a formula gives at the start, added when first needed."""
        if name not in self._written:
            self.document.once(name, title, unit, formula)
            self._written.add(name)
        return name

    def state(self, name: str, title: str, start: jax.Array | float, rate: str, unit: str = "dimensionless") -> str:
        """A state with its rate of change (per h)."""
        self.document.number(name, title, float(start), unit, constant=False)
        self.document.rate_rule(name, rate)
        return name

    def fast(
        self, name: str, title: str, start: jax.Array | float, formula: str, time: str = "prefrontal.rate_time", unit: str = "Hz"
    ) -> str:
        """What relaxes to a formula within milliseconds; as an assignment rule every reader would evaluate it anew."""
        return self.state(name, title, start, f"({formula} - {name})*ms_per_hour/{self.parameter(time)}", unit)
