"""One patient and several arms that are changed again and again, each time at the cost of one compiled call."""

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

from ..analysis.attribution import attributed
from ..core.errors import InputError, short, unknown
from ..protocols.arms import MOST
from ..protocols.patient import Patient
from ..protocols.protocol import Protocol
from ..protocols.rating import check_rated
from ..simulation.bench import ArmSolver, Treatment
from ..simulation.ceilings import check_ceilings
from ..simulation.removable import removal
from .courses import Names, ProtocolLike, model_like, names_of, protocol_like
from .types import Dataset, Model


class Bench:
    """One patient under up to eight arms, for interactive use: a changed dose, duration, drug, weight, stress or link is a new call of a
    program that is compiled already, and takes some hundredths of a second.

    Courses are solved on a coarse time grid, of 256 steps wherever they suffice. At any time MADRS differs from that of
    :func:`euthymia.simulate` by at most 0.25 points after one dose in a course of up to four weeks, and by at most 3 in a series of doses
    or a longer course, while a limbic lock opens or closes a little early or late; spine density by at most 0.001 and 0.02. A course that
    ends up in a report is one of :func:`euthymia.simulate`.

    The first course, the first attribution, more than four arms and more than 256 steps compile first, once, which takes up to a minute;
    ``euthymia warm-up`` does so ahead of time.

    A bench is not changed: ``with_arm`` and ``with_patient`` return another, which shares what is solved already.

    Parameters
    ----------
    arms
        A protocol, several, or protocols by the name of their arm; each as for :func:`euthymia.simulate`.
    patient
        Fields of the patient, for every arm, or a patient.
    without
        What does not act, as for :func:`euthymia.simulate`: in every arm, or by the name of an arm.
    model, beyond_evidence
        As for :func:`euthymia.simulate`.

    Raises
    ------
    InputError
        If anything that was given cannot be used.

    Examples
    --------
    >>> import euthymia as eu
    >>> bench = eu.Bench(["ketamine-iv", "escitalopram"], patient={"weight": "82 kg"}, without={"escitalopram": "way 4"})
    >>> bench.arms["ketamine-iv"].patient.weight
    82.0
    >>> less = bench.arms["ketamine-iv"].doses[0].changed(amount="0.2 mg/kg")
    >>> lower = bench.with_arm("ketamine-iv", bench.arms["ketamine-iv"].changed(doses=[less]))
    >>> lower.course().madrs.sel(time=24, method="nearest")  # doctest: +SKIP
    """

    def __init__(
        self,
        arms: ProtocolLike | Sequence[ProtocolLike] | Mapping[str, ProtocolLike],
        *,
        patient: Mapping[str, Any] | Patient | None = None,
        without: Names | Mapping[str, Names] = (),
        model: Model | None = None,
        beyond_evidence: bool = False,
    ) -> None:
        protocols = _by_arm(arms)
        if isinstance(without, Mapping):
            for name in without:
                if name not in protocols:
                    raise unknown("without", name, protocols)
        by_arm = without if isinstance(without, Mapping) else dict.fromkeys(protocols, without)
        used = model_like(model)
        self._solver, self._beyond_evidence = ArmSolver(used.parameters), beyond_evidence
        self._treatments = {
            name: self._checked(name, _of_patient(protocol, patient), by_arm.get(name, ())) for name, protocol in protocols.items()
        }
        first, *others = self._treatments.items()
        for name, treatment in others:
            if treatment.protocol.patient != first[1].protocol.patient:
                raise InputError(f"arms: {first[0]} and {name} treat different patients; state one for both with `patient`")

    @property
    def arms(self) -> dict[str, Protocol]:
        """The protocol of every arm."""
        return {name: treatment.protocol for name, treatment in self._treatments.items()}

    @property
    def without(self) -> dict[str, tuple[str, ...]]:
        """What does not act in every arm."""
        return {name: treatment.without for name, treatment in self._treatments.items()}

    def with_arm(self, name: str, protocol: ProtocolLike, without: Names | None = None) -> "Bench":
        """The bench with another arm, or another one of this name; it treats the patient of the bench.

        Where ``without`` is left out, an arm of this name keeps what does not act in it, and in a new one everything acts. Raises
        ``InputError``.
        """
        patient = next(iter(self._treatments.values())).protocol.patient
        treated = protocol_like(protocol)
        if treated.patient != patient:
            treated = _of_patient(treated.changed(patient=None), patient.stated())
        other, before = copy(self), self.without.get(name, ())
        other._treatments = self._treatments | {name: self._checked(name, treated, before if without is None else without)}
        _check_number(other._treatments)
        return other

    def with_patient(self, **fields: Any) -> "Bench":
        """The bench with other values of some fields of its patient, as :class:`euthymia.Patient` takes them; None takes a field out.

        Raises ``InputError``.
        """
        other = copy(self)
        patient = next(iter(self._treatments.values())).protocol.patient.changed(**fields)
        other._treatments = {
            name: self._checked(name, treatment.protocol.changed(patient=patient.stated()), treatment.without)
            for name, treatment in self._treatments.items()
        }
        return other

    def course(self) -> Dataset:
        """Mood, synapses, circuits and drug of every arm.

        Returns
        -------
        By arm and time (h since the start of the course, until the end of the longest arm), each quantity with its unit and meaning:
        ``madrs``, ``spine_density``, ``lock``, ``pyramidal_rate``, ``glutamate``, ``calcium_load``, ``habenula_burst_rate``,
        ``dopamine``, ``sert_occupancy``, ``bdnf``, ``venous_ketamine_mass``, ``free_brain_ketamine``, ``dissociation``. Between its own
        nodes an arm is linear.

        Raises
        ------
        InputError
            If the model has no finite answer for an arm.
        """
        return self._solver.courses(self._treatments)

    def attribution(self) -> Dataset:
        """How much of the change in mood each way and the context account for in every arm, as Shapley values over all their coalitions.

        Returns
        -------
        ``attribution`` (points of MADRS; arm, contributor, time) and ``coalition_madrs`` (points; arm, coalition, time).

        Raises
        ------
        InputError
            If the model has no finite answer for an arm.
        """
        return attributed(self._solver.coalitions(self._treatments))

    def _checked(self, name: str, protocol: Protocol, without: Names) -> Treatment:
        check_rated(protocol)
        check_ceilings(protocol, self._solver.model, self._beyond_evidence)
        return Treatment(protocol, removal(names_of(without)))

    def __repr__(self) -> str:
        return f"Bench({', '.join(self._treatments)})"


def _by_arm(arms: ProtocolLike | Sequence[ProtocolLike] | Mapping[str, ProtocolLike]) -> dict[str, Protocol]:
    """Protocols by the name of their arm. Raises ``InputError``."""
    if isinstance(arms, Mapping):
        protocols = {name: protocol_like(protocol) for name, protocol in arms.items()}
    else:
        several: Any = arms if isinstance(arms, list | tuple) else [arms]
        listed = [protocol_like(protocol) for protocol in several]
        protocols = {protocol.name: protocol for protocol in listed}
        if len(protocols) < len(listed):
            raise InputError("arms: two have one name; every arm needs a `name` of its own, or give protocols by name")
    _check_number(protocols)
    return protocols


def _check_number(arms: Mapping[str, object]) -> None:
    for name in arms:
        if not isinstance(name, str) or not name.strip():
            raise InputError(f"arms: {short(name)} is not the name of an arm, which is text")
    if not 1 <= len(arms) <= MOST:
        raise InputError(f"arms: {len(arms)} given; a bench takes 1 to {MOST}")


def _of_patient(protocol: Protocol, fields: Mapping[str, Any] | Patient | None) -> Protocol:
    """The protocol for a patient with these fields. Raises ``InputError``."""
    if isinstance(fields, Patient):
        fields = fields.stated()
    if fields is not None and not isinstance(fields, Mapping):
        raise InputError(f'patient: {short(fields)} is no fields of a patient; write for example {{"weight": "82 kg"}}')
    return protocol.changed(patient={**protocol.patient.stated(), **fields}) if fields else protocol
