"""Way 4, hours: from receptor block to BDNF–TrkB, mTORC1, synaptic proteins, the drive of growth and fast functional potentiation.

Three arms raise BDNF: the surge of glutamate through AMPA receptors, block of NMDA receptors at rest, which disinhibits
translation through eEF2 (Autry 2011, Nosyreva 2013), and, over weeks, serotonin. Fast potentiation needs no new protein;
spines do (Li 2010). Synaptic proteins stay for days, and what drives the formation of spines is over sooner: formation is raised from
12 to 24 h and no longer (Moda-Sava 2019). So growth follows mTORC1 by a drive of its own, and proteins are a read-out, which nothing
reads. Activities are relative, time h.
"""

from typing import NamedTuple

import equinox as eqx

from ..core.parameters import parameter
from ..core.types import Scalar


class Signalling(eqx.Module):
    """Rates of the chain from block to proteins."""

    surge_arm: Scalar = parameter("signalling.surge_arm", "dimensionless", "BDNF drive by the glutamate surge")
    rest_arm: Scalar = parameter("signalling.rest_arm", "dimensionless", "BDNF drive by block at rest (eEF2)")
    serotonin_arm: Scalar = parameter("signalling.serotonin_arm", "dimensionless", "BDNF drive by a doubled serotonin level")
    bdnf_time: Scalar = parameter("signalling.bdnf_time", "h", "time constant of BDNF-TrkB")
    mtor_time: Scalar = parameter("signalling.mtor_time", "h", "time constant of mTORC1")
    protein_synthesis: Scalar = parameter("signalling.protein_synthesis", "1/h", "synaptic proteins made per mTORC1 activity")
    protein_lifetime: Scalar = parameter("signalling.protein_lifetime", "h", "synaptic proteins")
    structural_rate: Scalar = parameter("signalling.structural_rate", "1/h", "drive of growth per mTORC1 activity")
    structural_lifetime: Scalar = parameter("signalling.structural_lifetime", "h", "drive of growth")
    potentiation_rate: Scalar = parameter("signalling.potentiation_rate", "1/h", "fast potentiation per BDNF")
    potentiation_lifetime: Scalar = parameter("signalling.potentiation_lifetime", "h", "fast potentiation")
    structural_delay: Scalar = parameter("signalling.structural_delay", "h", "one of three stages from the drive of growth to spines")


class SignallingState(NamedTuple):
    """Relative activities; all zero without drug."""

    bdnf: Scalar
    mtor: Scalar
    protein: Scalar
    potentiation: Scalar
    structural_drive: Scalar
    structure_1: Scalar
    structure_2: Scalar
    structure_3: Scalar


def signalling_rate(
    p: Signalling, x: SignallingState, surge: Scalar, rest: Scalar, serotonin: Scalar, to_mtor: Scalar, to_potentiation: Scalar
) -> SignallingState:
    """Time derivative of the signalling states, 1/h.

    With B BDNF, M mTORC1, P proteins, F potentiation, R₀ the drive of growth and R₁₋₃ its stages:
    dB/dt = (a G + b D + c H − B)/τ_B,  dM/dt = (B − M)/τ_M,  dP/dt = k M − P/τ_P,  dF/dt = f B − F/τ_F,
    dR₀/dt = r M − R₀/τ₀,  dRᵢ/dt = (Rᵢ₋₁ − Rᵢ)/τ_R.

    Parameters
    ----------
    p
        Rates.
    x
        Relative activities.
    surge, rest
        Drive G by the glutamate surge and D by block at rest, 0 to 1.
    serotonin
        H, rise of the serotonin level above the patient's own, healthy level = 1.
    to_mtor, to_potentiation
        BDNF activity that acts on each; that of ``x`` unless the link is clamped.
    """
    return SignallingState(
        bdnf=(p.surge_arm * surge + p.rest_arm * rest + p.serotonin_arm * serotonin - x.bdnf) / p.bdnf_time,
        mtor=(to_mtor - x.mtor) / p.mtor_time,
        protein=p.protein_synthesis * x.mtor - x.protein / p.protein_lifetime,
        potentiation=p.potentiation_rate * to_potentiation - x.potentiation / p.potentiation_lifetime,
        structural_drive=p.structural_rate * x.mtor - x.structural_drive / p.structural_lifetime,
        structure_1=(x.structural_drive - x.structure_1) / p.structural_delay,
        structure_2=(x.structure_1 - x.structure_2) / p.structural_delay,
        structure_3=(x.structure_2 - x.structure_3) / p.structural_delay,
    )
