"""Numbers and lists in README, between comments: `<!-- name -->text<!-- / -->`. `python -m rebuild.readme` writes them anew."""

import re
from collections.abc import Callable, Mapping
from itertools import groupby
from pathlib import Path

from euthymia.claims.claim import Verdict
from euthymia.core.errors import unknown
from euthymia.core.files import atomic_write

from . import ROOT, claims
from .inputs import digest

README = ROOT / "README.md"
MARKED = re.compile(r"<!-- ([a-z0-9 -]+) -->(.*?)<!-- / -->", re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
SAID = {
    "confirmed": "confirm a prediction of a number that was kept aside",
    "agrees": "agree with a number that was known beforehand",
    "selected": "agree with a number that parameters were chosen with",
    "holds": "hold of the model itself",
    "disagrees": "disagree",
    "control passes": "have a control that passes",
}
"""Words of a verdict in a sentence."""
Texts = Mapping[str, Callable[[], str]]


def main() -> None:
    """Write what is marked in README anew."""
    atomic_write(README, written(README.read_text("utf-8")))


def written(text: str, texts: Texts | None = None) -> str:
    """A text with all that is marked in it written anew.

    Raises
    ------
    InputError
        If something is marked that nothing is known of.
    """
    texts = TEXTS if texts is None else texts

    def anew(match: re.Match[str]) -> str:
        if match[1] not in texts:
            raise unknown("README", match[1], texts)
        return f"<!-- {match[1]} -->{texts[match[1]]()}<!-- / -->"

    return MARKED.sub(anew, text)


def shown(text: str) -> str:
    """A text as a reader sees it, in one line."""
    return " ".join(COMMENT.sub("", text).split())


def written_hash(path: Path = README) -> str:
    """Hash of all that is marked in README."""
    return digest(MARKED.findall(path.read_text("utf-8")))


def claims_tally() -> str:
    """How many claims have each verdict."""
    words = [verdict.word for verdict in claims.verdicts()]
    return f"of {len(words)} claims, " + ", ".join(f"{words.count(word)} {said}" for word, said in SAID.items() if word in words)


def disagreements() -> str:
    """Every claim that disagrees, by group, with its numbers and the reason."""
    from euthymia.report.terminal.verdicts import GROUPS, numbers_of

    def item(verdict: Verdict) -> str:
        why = f". {verdict.claim.why[:1].upper()}{verdict.claim.why[1:]}." if verdict.claim.why else "."
        numbers = re.sub(r"(?<![\w.])-(?=\d)", "−", numbers_of(verdict))
        return f"  - `{verdict.claim.id}`: {verdict.claim.statement}: {numbers}{why}"

    against = [verdict for verdict in claims.verdicts() if not verdict.agrees]
    lines = [""]
    for group, members in groupby(against, lambda verdict: verdict.claim.id.partition(".")[0]):
        lines += [f"- **{GROUPS[group]}**", *map(item, members)]
    return "\n".join([*lines, ""])


def _fit_numbers() -> str:
    from euthymia.inference.fitted import shipped

    return str(len(shipped().rows))


def _fit_informed() -> str:
    from euthymia.inference.fitted import shipped

    informed = shipped().informed
    return f"{sum(value > 1 for value in informed)} of {len(informed)}"


def _fit_efficacy() -> str:
    from euthymia.inference.fitted import shipped

    return f"{shipped().values['population.efficacy']:.1f}"


def _fit_efficacy_prior() -> str:
    from euthymia.inference.fitted import shipped

    return f"{shipped().estimates['population.efficacy'].coordinate:.1f}"


TEXTS: Texts = {
    "claims tally": claims_tally,
    "disagreements": disagreements,
    "fit numbers": _fit_numbers,
    "fit informed": _fit_informed,
    "fit efficacy": _fit_efficacy,
    "fit efficacy in prior sds": _fit_efficacy_prior,
}
"""What may be marked, and how it is written."""

if __name__ == "__main__":
    main()
