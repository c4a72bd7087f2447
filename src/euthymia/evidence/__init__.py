"""Every number and claim as data."""

from .lookup import lookup as lookup
