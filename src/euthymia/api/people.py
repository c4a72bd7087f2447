"""Virtual patients."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..core.runtime import configure
from .courses import Names, ProtocolLike, model_like, names_of, protocol_like, whole
from .types import CohortRun, Model

WORTH_A_PROCESS = 4000
"""Patients whose solution takes as long as a process takes to begin."""
MOST_PROCESSES = 2
"""Each takes about 0.8 GB, and twice as much while it compiles."""


@dataclass(frozen=True)
class Population:
    """People around a protocol's patient, who differ in body, stress, severity, circuits and plasticity.

    Parameters
    ----------
    like
        Makes them like the patients of a trial, by madrs (points) or weight (kg) before treatment: "madrs=28..60" leaves out who is
        outside, "madrs=37.4:5.6" weights the others to this mean and SD.
    fitted
        A calibration (``fitted.yaml`` of :func:`euthymia.calibrate`); the one that ships with this version if left out.
    calibrated
        False leaves the calibration out: every number is that of the evidence.

    Examples
    --------
    >>> import euthymia as eu
    >>> trial = eu.Population(like="madrs=28..60").simulate("ketamine-iv", n=40)  # doctest: +SKIP
    >>> trial.data.rated_madrs.dims  # doctest: +SKIP
    ('patient', 'arm', 'time')
    """

    like: Names = ()
    fitted: str | Path | None = None
    calibrated: bool = True

    def check(self, protocol: ProtocolLike, n: int, model: Model | None = None, beyond_evidence: bool = False) -> None:
        """Refuse what :meth:`simulate` would refuse, before it solves anything. Raises ``InputError``."""
        configure()
        from .cohort_run import checked

        checked(self, protocol_like(protocol), whole("people", n), model_like(model), beyond_evidence)

    def simulate(
        self,
        protocol: ProtocolLike,
        n: int = 200,
        *,
        without: Names = (),
        model: Model | None = None,
        beyond_evidence: bool = False,
        processes: int = 1,
        progress: Callable[[int], None] = lambda done: None,
    ) -> CohortRun:
        """Take ``n`` virtual patients through a protocol.

        Parameters
        ----------
        protocol, without, model, beyond_evidence
            As for :func:`euthymia.simulate`; values that are set replace fitted ones.
        n
            Number of patients, 1 to 100,000.
        processes
            Number of parallel processes; 0 chooses. A script that wants more than one must be guarded by
            ``if __name__ == "__main__"``, because the processes import it.
        progress
            Called with the number of patients solved.

        Returns
        -------
        :class:`~euthymia.CohortRun`.

        Raises
        ------
        InputError
            If anything that was given cannot be used, or hardly anybody fits ``like``.
        """
        chosen, removed, _ = protocol_like(protocol), names_of(without), whole("people", n)
        configure()
        from .cohort_run import solve_cohort

        several = processes or min(os.cpu_count() or 1, MOST_PROCESSES, max(1, n // WORTH_A_PROCESS))
        return solve_cohort(self, chosen, n, removed, model_like(model), beyond_evidence, several, progress)
