"""Numbers and lists in README, between comments: `<!-- name -->text<!-- / -->`. `python -m rebuild.readme` writes them anew."""

import re
from collections.abc import Callable, Mapping
from itertools import groupby
from math import log
from pathlib import Path
from statistics import NormalDist
from typing import Any

from euthymia.claims.claim import Verdict
from euthymia.core.errors import unknown
from euthymia.core.files import atomic_write
from euthymia.inference.fitted import Fitted

from . import ROOT, stored
from .inputs import digest

README = ROOT / "README.md"
MARKED = re.compile(r"<!-- ([a-z0-9 -]+) -->(.*?)<!-- / -->", re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
SAID = {
    "confirmed": "confirmed by a number that was kept aside",
    "agrees": "in agreement with a number that was known beforehand",
    "selected": "in agreement with what parameters were chosen for",
    "holds": "true of the model itself",
    "disagrees": "in disagreement",
    "control passes": "whose control passes",
}
"""Words of a verdict in a sentence."""
COMPARATORS = ("citalopram", "sertraline", "fluoxetine", "bupropion", "phenelzine", "tranylcypromine", "moclobemide")
NEARLY_NOTHING = ("Takahashi 2021", "Schneider 2003", "Roose 2004", "PCN-101", "Smith-Apeldoorn 2024")
"""Trials that published next to no difference between drug and control, or that it was not significant."""
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
    words = [verdict.word for verdict in stored.verdicts()]
    return f"{len(words)} claims: " + ", ".join(f"{words.count(word)} {said}" for word, said in SAID.items() if word in words)


def disagreements() -> str:
    """Every claim that disagrees, by group, with its numbers and the reason."""
    from euthymia.report.terminal.verdicts import GROUPS, numbers_of

    def item(verdict: Verdict) -> str:
        why = f". {verdict.claim.why[:1].upper()}{verdict.claim.why[1:]}." if verdict.claim.why else "."
        numbers = re.sub(r"(?<![\w.])-(?=\d)", "−", numbers_of(verdict))
        return f"  - `{verdict.claim.id}`: {verdict.claim.statement}: {numbers}{why}"

    against = [verdict for verdict in stored.verdicts() if not verdict.agrees]
    lines = [""]
    for group, members in groupby(against, lambda verdict: verdict.claim.id.partition(".")[0]):
        lines += [f"- **{GROUPS[group]}**", *map(item, members)]
    return "\n".join([*lines, ""])


def fit() -> Fitted:
    """The fitted set that ships."""
    from euthymia.inference.fitted import shipped

    return shipped()


def responsiveness() -> str:
    """What share of repair mood uses in the typical patient, and how many patients use hardly any or nearly all of it."""
    typical, spread = (fit().values[f"population.{row}"] for row in ("typical_responsiveness", "responsiveness"))
    logits = NormalDist(log(typical / (1 - typical)), spread)
    few, most = logits.cdf(log(1 / 9)), 1 - logits.cdf(log(9))
    return (
        f"{100 * typical:.0f} % in the typical patient, less than a tenth in {100 * few:.0f} % of patients and more than nine tenths in "
        f"{100 * most:.0f} %"
    )


def bias(results: str) -> str:
    """By how much drug over control is predicted too large or too small."""
    points = stored.read(results)["bias"]
    return f"{abs(points):.1f} points too {'large' if points < 0 else 'small'}"


def significant(names: tuple[str, ...]) -> str:
    """How probable a significant difference is at most in trials of these names, or from least to most in all others of the fit."""
    left_out, kept_aside = (stored.read(results)["comparisons"] for results in (stored.LEFT_OUT, stored.TRIALS))
    if not names:
        others = [one["probability"] for one in left_out if one["trial"] not in NEARLY_NOTHING]
        return f"{100 * min(others):.0f} to {100 * max(others):.0f} %"
    by_name: dict[str, list[float]] = {}
    for one in [*left_out, *kept_aside]:
        by_name.setdefault(one["trial"], []).append(one["probability"])
    return ", ".join(f"{name} {100 * max(by_name[name]):.0f} %" for name in names)


def simulated_fits() -> str:
    """How often intervals of further trials hold in fits to data that the model made."""
    found = stored.read(stored.SIMULATED_FITS)
    inside, error = (100 * found[name] for name in ("inside", "standard_error_of_inside"))
    return f"{inside:.0f} ± {error:.0f} % of the numbers of further trials in {found['sets']} sets"


def uneven_ranks() -> str:
    """Coordinates whose ranks are not uniform."""
    found = stored.read(stored.SIMULATED_FITS)["coordinates"]
    uneven = [row for row, of_row in found.items() if of_row["p_uniform"] < 0.05 / len(found)]
    return f"of {len(found)} coordinates {len(uneven)} have ranks that are not uniform" + (f" ({', '.join(uneven)})" if uneven else "")


def fit_controls() -> str:
    """Fits that lack something beside the one that ships: numbers inside, interval score, logarithm of the evidence."""
    found = stored.read(stored.FIT_CONTROLS)
    whole = found["as shipped"]["log_evidence"]

    def said(of_fit: dict[str, Any]) -> str:
        score, evidence = of_fit["scores"]["points of MADRS, in proportion"], of_fit["log_evidence"] - whole
        return f"{of_fit['inside']} inside, score {score:.1f}, evidence {evidence:+.1f}".replace("-", "\N{MINUS SIGN}")

    return "; ".join(f"{name}: {said(of_fit)}" for name, of_fit in found.items())


def fit_informed() -> str:
    """In how many directions the trials say more than the prior."""
    return f"{sum(value > 1 for value in fit().informed)} of {len(fit().informed)}"


def number(group: str, name: str) -> float:
    """A stored number of the model."""
    return stored.read(stored.NUMBERS)[group][name]


def change(protocol: str, when: str, arm: str = "as given") -> float:
    """Change of MADRS under a protocol that ships, points."""
    return stored.read(stored.NUMBERS)["madrs"][protocol][arm][when]


def added(protocol: str, when: str) -> float:
    """Fall of MADRS beyond that in the context alone, points."""
    return change(protocol, when, "context") - change(protocol, when)


def comparators() -> str:
    """What each drug of today but escitalopram adds to placebo in six weeks, from the least to the most."""
    gains = sorted((round(added(name, "42 d"), 1), name) for name in COMPARATORS)
    return ", ".join(f"{name} {gain:.1f}" for gain, name in gains)


def pharmacology_by_molecule() -> str:
    """Median error and share within two-fold of each molecule, in words."""
    numbers = stored.read(stored.NUMBERS)["pharmacology"]
    molecules = [name.removesuffix("_within_two_fold") for name in numbers if name.endswith("e_within_two_fold")]
    return "; ".join(
        f"{molecule} {100 * numbers[f'{molecule}_within_two_fold']:.0f} % (median error {100 * numbers[f'{molecule}_median_error']:.0f} %)"
        for molecule in molecules
    )


def median() -> str:
    """How far MADRS falls in the typical patient a day after one infusion, and in the median of many."""
    from euthymia.evidence.cohort_medians import shipped

    patients = shipped()
    if patients is None:
        return "no median is stored for the present numbers"
    before, after = (patients.madrs["ketamine-iv"][when].median for when in ("0", "24 h"))
    typical = -change("ketamine-iv", "24 h")
    return f"{typical:.0f} points off at 24 h, where the median of {patients.patients} falls from {before:.0f} to {after:.0f}"


def verdict(claim: str) -> Verdict:
    """The stored verdict of a claim."""
    return next(verdict for verdict in stored.verdicts() if verdict.claim.id == claim)


def predicted(claim: str) -> float:
    """What a claim predicts."""
    return verdict(claim).predicted


def with_immortal_spines() -> str:
    """Shares of the relief at 24 h that are left later, where young spines do not die."""
    later = {"14 d": "course.two_weeks", "28 d": "course.four_weeks", "42 d": "course.six_weeks"}
    return ", ".join(f"{100 * verdict(claim).controlled:.0f} % at {when}" for when, claim in later.items())


def relief_left() -> str:
    """Shares of the relief at 24 h that are left later, beyond that by the visit."""
    later = {
        "3 d": "course.three_days",
        "7 d": "mood.decay",
        "14 d": "course.two_weeks",
        "28 d": "course.four_weeks",
        "42 d": "course.six_weeks",
    }
    return ", ".join(f"{100 * predicted(claim):.0f} % at {when}" for when, claim in later.items())


def ways_removed() -> str:
    """Points by which a rating at 24 h is higher without ways 1, 3, 4 and 5."""
    points = [f"{predicted(f'course.way{way}_at_24h'):.0f}" for way in (1, 3, 4, 5)]
    return f"{', '.join(points[:-1])} or {points[-1]}"


def response(numbers: tuple[str, ...]) -> str:
    """Published numbers of responders beside the medians of the fit."""
    found = stored.read(stored.TRIALS)["fitted"]["predictions"]
    return " and ".join(f"{found[name]['observed']:.0f} %, here {found[name]['median']:.0f} %" for name in numbers)


def release() -> str:
    """How much faster the receptor's kinetics let trapped drug go than the row does, in silent and in bursting cells."""
    return f"{predicted('receptor.release_in_silent_cells'):.0f} to {predicted('receptor.release_in_bursting_cells'):.0f}"


def draws() -> str:
    """In what share of draws of the free rows claims on the course hold."""
    from euthymia.evidence.robustness import shipped

    drawn = shipped()
    if drawn is None:
        return "No draws are stored for the present numbers."
    course = [100 * (drawn.share(f"course.{claim}") or 0.0) for claim in ("peak", "three_days", "two_weeks", "four_weeks", "six_weeks")]
    six, memantine = (100 * (drawn.share(claim) or 0.0) for claim in ("course.six_infusions", "comparators.memantine"))
    return (
        f"In {drawn.draws} draws of those with a range, the claims on how long one infusion lasts hold in {min(course):.0f} to "
        f"{max(course):.0f} %, the one on six infusions in {six:.0f} %, and that memantine adds nothing in {memantine:.0f} %, "
        "for how much of it closing channels trap is drawn too."
    )


def freedom() -> str:
    """How many rows were free for the course of mood."""
    from euthymia.report.terminal.freedom import freedom_counted

    return freedom_counted()


def coverage(name: str, results: str = stored.TRIALS) -> float:
    """A stored count or ratio of predicted trials: those kept aside, or those of the fit, each left out."""
    return stored.read(results)["coverage"][name]


def sign(kind: str) -> str:
    """How many differences have the observed sign."""
    found = stored.read(stored.TRIALS)["signs"][kind]
    return f"{found['as_observed']} of {found['of']}"


def interval_scores(results: str) -> str:
    """Interval scores of the model beside those of a meta-analysis."""
    scores = stored.read(results)["interval_scores"].items()
    return "; ".join(f"in {unit} {score['model']:.1f} against {score['meta_analysis']:.1f}" for unit, score in scores)


TEXTS: Texts = {
    "claims tally": claims_tally,
    "disagreements": disagreements,
    "fit numbers": lambda: f"{len(fit().rows)}",
    "median patient": median,
    "fit inside": lambda: f"{stored.read(stored.TRIALS)['fitted']['inside']}",
    "fit informed": fit_informed,
    "responsiveness": responsiveness,
    "between trials": lambda: f"{fit().values['between_trials.responsiveness']:.1f}",
    "left out inside": lambda: f"{coverage('inside', stored.LEFT_OUT)} of {coverage('numbers', stored.LEFT_OUT)}",
    "left out by trial": lambda: f"{100 * coverage('inside_by_trial', stored.LEFT_OUT):.0f} %",
    "left out width": lambda: f"{coverage('width', stored.LEFT_OUT):.0f}",
    "left out meta-analysis": lambda: f"{coverage('inside_meta_analysis', stored.LEFT_OUT)} of {coverage('compared', stored.LEFT_OUT)}",
    "left out bias": lambda: bias(stored.LEFT_OUT),
    "kept aside bias": lambda: bias(stored.TRIALS),
    "significant where nothing": lambda: significant(NEARLY_NOTHING),
    "significant elsewhere": lambda: significant(()),
    "simulated fits": simulated_fits,
    "uneven ranks": uneven_ranks,
    "fit controls": fit_controls,
    "left out scores": lambda: interval_scores(stored.LEFT_OUT),
    "trials by trial": lambda: f"{100 * coverage('inside_by_trial'):.0f} %",
    "madrs 2 h": lambda: f"{-number('reference', 'madrs_2h'):.0f}",
    "madrs 24 h": lambda: f"{-number('reference', 'madrs_24h'):.0f}",
    "way 2": lambda: f"{abs(number('reference', 'way_2_at_24h')):.1f}",
    "pyramidal block": lambda: f"{100 * number('reference', 'pyramidal_block'):.0f} %",
    "mouse peak": lambda: f"{number('animals', 'mouse_peak'):.1f} µM",
    "mouse over person": lambda: f"{number('animals', 'mouse_over_person'):.0f} times",
    "pharmacology numbers": lambda: f"{number('pharmacology', 'numbers'):.0f}",
    "pharmacology molecules": pharmacology_by_molecule,
    "pharmacology conflict": lambda: f"{number('pharmacology', 'hydroxynorketamine_conflict'):.0f}-fold",
    "pharmacology two-fold": lambda: f"{100 * number('pharmacology', 'within_two_fold'):.0f} %",
    "relief peak": lambda: f"{predicted('course.peak'):.0f} h",
    "relief left": relief_left,
    "immortal spines": with_immortal_spines,
    "ways removed": ways_removed,
    "freedom": freedom,
    "draws": draws,
    "han": lambda: response(("han2016.resp_3d", "han2016.resp_7d")),
    "release": release,
    "memantine": lambda: f"{abs(predicted('comparators.memantine')):.1f}",
    "memantine trapped": lambda: f"{abs(predicted('comparators.memantine_trapped_as_read')):.0f}",
    "escitalopram 42 d": lambda: f"{added('escitalopram', '42 d'):.1f}",
    "comparators 42 d": comparators,
    "trials numbers": lambda: f"{coverage('numbers')}",
    "trials inside": lambda: f"{coverage('inside')}",
    "meta-analysis inside": lambda: f"{coverage('inside_meta_analysis')} of the {coverage('compared')}",
    "meta-analysis width": lambda: f"{coverage('width_of_meta_analysis'):.1f}",
    "interval scores": lambda: interval_scores(stored.TRIALS),
    "signs of drugs": lambda: sign("drug over control"),
    "signs of doses": lambda: sign("between doses"),
}
"""What may be marked, and how it is written."""

if __name__ == "__main__":
    main()
