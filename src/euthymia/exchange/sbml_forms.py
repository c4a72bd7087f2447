"""Formulas of an SBML document that are linear in its variables, such as ``k * drug``."""

import math
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

CONSTANT = ""
"""Stands among the variables of a form for 1."""
Form = Mapping[str, float]
"""The coefficient of each variable."""


class Unreadable(Exception):
    """Why a document cannot be read, in words."""


def demand(condition: bool, where: str, fault: str, allowed: str) -> None:
    """Raises ``Unreadable`` unless a condition holds."""
    if not condition:
        raise Unreadable(f"{where} {fault}; allowed: {allowed}")


@dataclass(frozen=True)
class LinearForms:
    """What the names in formulas stand for."""

    library: Any
    numbers: Mapping[str, float]
    variables: Collection[str]

    def read(self, formula: Any, where: str) -> Form:
        """A formula, as a tree, as a form; raises ``Unreadable``, with ``where`` it stands, if it is none."""
        demand(formula is not None, where, "has no formula", "one that is linear in the drugs")
        form = self._form(formula, where)
        demand(all(map(math.isfinite, form.values())), where, "holds a number that is not finite", "finite numbers")
        return {name: number for name, number in form.items() if number or name == CONSTANT}

    def _form(self, node: Any, where: str) -> Form:
        library, kind = self.library, node.getType()
        if node.isNumber():
            return {CONSTANT: node.getValue()}
        if kind == library.AST_NAME:
            return self._named(node.getName(), where)
        arguments = [self._form(node.getChild(index), where) for index in range(node.getNumChildren())]
        if kind == library.AST_PLUS:
            return _sum(arguments)
        if kind == library.AST_MINUS:
            positive, negative = (arguments[:1], arguments[1:]) if len(arguments) > 1 else ([], arguments)
            return _sum([*positive, *(_scaled(form, -1.0) for form in negative)])
        varying = [form for form in arguments if form.keys() - {CONSTANT}]
        constants = [form.get(CONSTANT, 0.0) for form in arguments if not form.keys() - {CONSTANT}]
        if kind == library.AST_TIMES and len(varying) <= 1:
            return _scaled(varying[0] if varying else {CONSTANT: 1.0}, math.prod(constants))
        if kind == library.AST_DIVIDE and arguments[1:] and arguments[1] not in varying and constants[-1] != 0:
            return _scaled(arguments[0], 1 / constants[-1])
        raise Unreadable(f"{where} has the formula {library.formulaToL3String(node)!r}; allowed: sums of constants times drugs")

    def _named(self, name: str, where: str) -> Form:
        if name in self.numbers:
            number = self.numbers[name]
            demand(math.isfinite(number), where, f"depends on {name!r}, which has no finite value", "constants with a finite value")
            return {CONSTANT: number}
        demand(name in self.variables, where, f"depends on {name!r}", "drugs, rates of infusion, and constants with a value")
        return {name: 1.0}


def _sum(forms: list[Form]) -> Form:
    total: dict[str, float] = defaultdict(float)
    for form in forms:
        for name, number in form.items():
            total[name] += number
    return total


def _scaled(form: Form, factor: float) -> Form:
    return {name: factor * number for name, number in form.items()}
