"""The headline beside a course: what further trials of a protocol that ships would find."""

from collections.abc import Sequence

from ..evidence.headline import ProtocolForecast, shipped
from ..model.changed import Model
from ..protocols.protocol import Protocol
from .cohort_medians import ships


def forecast_of(protocol: Protocol, model: Model, without: Sequence[str] = ()) -> ProtocolForecast | None:
    """The forecast that ships; None for a protocol or a model that differs from those that ship."""
    stored = shipped()
    if stored is None or without or not model.as_shipped or not ships(protocol):
        return None
    return stored.protocols.get(protocol.name)
