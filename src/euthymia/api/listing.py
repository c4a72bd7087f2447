"""What ships with the package."""


def protocols() -> list[str]:
    """Names of the built-in protocols; :meth:`euthymia.Protocol.read` takes each.

    Examples
    --------
    >>> import euthymia as eu
    >>> "ketamine-iv" in eu.protocols()
    True
    """
    from ..protocols.reading import builtin_names

    return builtin_names()
