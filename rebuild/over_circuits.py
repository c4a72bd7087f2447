"""Run the claims of way 1, and each way's share in relief, over the circuits of the ensemble: `python -m rebuild.over_circuits`."""

import numpy as np

from euthymia.core.files import atomic_write
from euthymia.core.runtime import configure
from euthymia.evidence.over_circuits import FILE, members_hash
from euthymia.evidence.robustness import Robustness, inputs_hash

from .inputs import DATA
from .stored import as_yaml

ABOUT = "Which claims of way 1 hold (1) in which circuits of the ensemble, and what each way does in them. Written by `make rebuild`."
CLAIMS = "way1."
QUANTILES = (0.05, 0.5, 0.95)


def main() -> None:
    """Compute and store."""
    configure()
    from euthymia.analysis.relief_over_circuits import relief_over_circuits
    from euthymia.claims.catalogue import claims
    from euthymia.claims.draws import circuit, extend
    from euthymia.claims.way1_prefrontal import OF_NO_CIRCUIT
    from euthymia.model.default import default_model
    from euthymia.protocols.reading import DEFAULT, read

    model, chosen = default_model(), [claim for claim in claims() if claim.id.startswith(CLAIMS) and claim.id not in OF_NO_CIRCUIT]
    count = len(model.circuits.drive_ic50)
    nothing = Robustness(inputs=inputs_hash(), draws=0, held={claim.id: "" for claim in chosen})
    held = extend(chosen, nothing, count, progress=lambda text: print(f"  {text}", flush=True), rows_of=circuit)
    relief = relief_over_circuits(read(DEFAULT), model, lambda done: print(f"  relief {done}/{count}", flush=True))
    quantiles = {potency: {name: np.quantile(values, QUANTILES).tolist() for name, values in by.items()} for potency, by in relief.items()}
    found = {"inputs": held.inputs, "members": members_hash(), "draws": held.draws, "held": held.held, "relief": quantiles}
    atomic_write(DATA / FILE, f"# {ABOUT}\n{as_yaml(found)}")


if __name__ == "__main__":
    main()
