"""What a run comes to, in plain sentences: the same on its page and in the terminal.

The number that a sentence is about stands between two asterisks.
"""

from collections.abc import Sequence

from ..analysis.comparison import Comparison
from ..analysis.fading import FADED, Fading
from ..analysis.summary import Summary
from ..population.summary import VisitSummary
from ..protocols.protocol import Protocol
from ..protocols.vocabulary import KETAMINES
from ..results.quantities import label
from ..simulation.interventions import WAYS
from .treatment import CONTEXT_ALONE, treatment
from .words import LEAST_POINTS, clock, joined, points, rating

AFTER_A_DAY = "24 h"
"""The checkpoint that a comparison and a cohort are told of beside their last."""
LOWER_STILL = 0.5
"""Points by which the lowest rating must lie below the one that is named first, to be named too."""
CARRIED_BY = {
    "way 1": "the glutamate surge (way 1)",
    "way 2": "the eased calcium load (way 2)",
    "way 3": "less firing in the habenula and more dopamine (way 3)",
    "way 4": "regrown connections (way 4)",
    "way 5": "the opened limbic lock (way 5)",
    "context": "the treatment as such",
    "end of stress": "the end of stress",
}
FADES_AS = {
    "trapped": "trapped drug leaves the habenula within days",
    "spines": "stress takes young spines back",
    "unlocked": "the limbic network locks again",
}
"""Why what carries relief is lost, by mechanism."""
GAINED = {"trapped": "trapped drug", "dopamine": "dopamine", "spines": "spines", "unlocked": "the freedom from the limbic lock"}
"""What a mechanism gained."""


def conclusion(summary: Summary) -> list[str]:
    """What happened to mood and when, what carried it, why it fades, what a clinic watches and what is not modelled: a paragraph each."""
    return [paragraph for paragraph in (_mood(summary), _carried(summary), fades(summary.fading), _watched(summary)) if paragraph]


def comparison_conclusion(comparison: Comparison) -> str:
    """Which treatment stands lowest after a day and at the end."""
    lowest: dict[str, list[str]] = {}
    for at in _told(comparison):
        ratings = {arm: comparison.madrs(arm)[at] for arm in comparison.arms}
        values = {arm: value for arm, value in ratings.items() if value is not None}
        if not values:
            continue
        arm = min(values, key=lambda arm: values[arm])
        lowest.setdefault(comparison.label(arm), []).append(f"at {at} (**{values[arm]:.1f}**)")
    at_times = joined([f"with {arm} {joined(times)}" for arm, times in lowest.items()])
    return f"Of these treatments the model computes the lowest MADRS {at_times}."


def arm_conclusions(comparison: Comparison) -> dict[str, str]:
    """What becomes of MADRS under each treatment, and why relief fades."""
    phrases, faded = {}, fades_in(comparison)
    for arm, simulation in comparison.simulations.items():
        ratings = comparison.madrs(arm)
        told = joined([f"{rating(ratings[at])} at {at}" for at in _told(comparison)])
        phrases[arm] = f"{treatment(simulation.protocol)}: MADRS {simulation.undosed('madrs'):.0f} before, {told}."
        if arm in faded:
            phrases[arm] += f" {faded[arm]}"
    return phrases


def fades_in(comparison: Comparison) -> dict[str, str]:
    """Why relief fades under those treatments under which it does."""
    return {arm: sentence for arm in comparison.arms if (sentence := fades(comparison.fading(arm)))}


def cohort_conclusion(protocol: Protocol, visits: Sequence[VisitSummary], people: int) -> list[str]:
    """How many respond after a day and at the end, a sentence each."""
    told = dict.fromkeys(name for name in (AFTER_A_DAY, visits[-1].name) if name in [visit.name for visit in visits])
    sentences = []
    for visit in (visit for visit in visits if visit.name in told):
        whose = f"Of {people} virtual patients with {treatment(protocol)}" if not sentences else "Of all of them"
        halved = "(MADRS halved) " if not sentences else ""
        alone = f"; {100 * visit.context_response:.0f} % would with the context of the treatment alone" if protocol.doses else ""
        sentences.append(
            f"{whose}, **{100 * visit.response:.0f} %** respond {halved}at {visit.name} and "
            f"{100 * visit.remission:.0f} % are in remission{alone}."
        )
    return sentences


def _told(comparison: Comparison) -> list[str]:
    times = list(comparison.checkpoints)
    return list(dict.fromkeys(at for at in (AFTER_A_DAY, times[-1]) if at in times))


def _mood(summary: Summary) -> str:
    at = summary.checked_at
    removed = [change.partition(":")[0] for change in summary.changes if change.startswith("without")]
    computed = f"With {', '.join((treatment(summary.protocol), *removed))}, the model computes that MADRS {_way_taken(summary)} at {at}."
    return " ".join((computed, *_beside(summary), *_extremes(summary), *_response(summary)))


def _start(summary: Summary) -> float:
    """MADRS before; with a drug that works at once, there may be no rating at the start of the course."""
    return summary.untreated["0"]


def _last(summary: Summary) -> float:
    """MADRS at the checkpoint that the course is judged at, which has a rating."""
    value = summary.madrs[summary.checked_at]
    return _start(summary) if value is None else value


def _way_taken(summary: Summary) -> str:
    start, value = _start(summary), _last(summary)
    if abs(value - start) < LEAST_POINTS:
        return f"stays at **{value:.1f}**"
    return f"{'falls' if value < start else 'rises'} from {start:.0f} to **{value:.1f}**"


def _beside(summary: Summary) -> list[str]:
    at, protocol = summary.checked_at, summary.protocol
    if protocol.context == "none" and not protocol.doses:
        return []
    alone = f"{CONTEXT_ALONE[protocol.context]} would take it to {summary.context[at]:.1f}" if protocol.context != "none" else ""
    untreated = f"untreated it would be {summary.untreated[at]:.1f}"
    undisturbed = f"with everything acting it would be {summary.undisturbed[at]:.1f}" if summary.undisturbed else ""
    beside = "; ".join(phrase for phrase in (undisturbed, alone if protocol.doses else "", untreated) if phrase)
    return [f"{beside[0].upper()}{beside[1:]}."]


def _extremes(summary: Summary) -> list[str]:
    start, value, end = _start(summary), _last(summary), list(summary.madrs)[-1]
    lowest, worst = summary.lowest, summary.worst
    sentences = []
    if worst is not None:
        falls = start - lowest.value >= LEAST_POINTS
        rises = (
            "It rises" if not falls else "Before it falls, it rises" if worst.time < lowest.time else "Later it rises above where it began"
        )
        sentences.append(f"{rises}, to {worst.value:.1f} at {clock(worst.time)}.")
    if min(start, value) - lowest.value >= LOWER_STILL:
        sentences.append(f"The lowest is {lowest.value:.1f}, at {clock(lowest.time)}.")
    if summary.checked_at != end:
        sentences.append(f"At the end of the course, {end}, it is {rating(summary.madrs[end])}.")
    return sentences


def _response(summary: Summary) -> list[str]:
    if summary.protocol.patient.condition != "depressed":
        return []
    if summary.time_to_response is None:
        return ["It is never halved, which would be a response."]
    until = "to the end of the course" if summary.response_ends is None else f"to {clock(summary.response_ends)}"
    again = ", and again later" if summary.responds_again else ""
    return [f"It is halved (a response) from {clock(summary.time_to_response)} {until}{again}."]


def _carried(summary: Summary) -> str:
    parts = {who: of_time[summary.checked_at].points or 0.0 for who, of_time in summary.parts.items()}
    parts |= {"end of stress": summary.untreated[summary.checked_at] - _start(summary)}
    carried = {who: value for who, value in sorted(parts.items(), key=lambda part: -abs(part[1])) if abs(value) >= LEAST_POINTS}
    if not carried:
        return ""
    nothing = [way for way in WAYS if way not in carried and not any(change.startswith(f"without {way}:") for change in summary.changes)]
    idle = f"Nothing comes from {'any of the five ways' if len(nothing) == len(WAYS) else joined(nothing)}." if nothing else ""
    return (
        f"What carries the change at {summary.checked_at}, in points: "
        f"{', '.join(f'{CARRIED_BY[who]} {points(value)}' for who, value in carried.items())}. {idle}"
    ).rstrip()


def fades(fading: Fading | None) -> str:
    """Why relief fades, or that it stays because stress ends; nothing where neither is so."""
    if fading is None or not fading.gains or fading.has_faded == (fading.stress_ends is not None):
        return ""
    last = list(fading.relief)[-1]
    first, *later = dict.fromkeys((fading.half_gone, last))
    what_is_left = joined([f"{_left(left[first])} of {GAINED[mechanism]}" for mechanism, left in fading.gains.items()])
    numbers = "".join(f", and {joined([_left(left[at]) for left in fading.gains.values()])} at {at}" for at in later)
    of_gains = f"of the largest gains, {what_is_left} are left at {first}{numbers}."
    if fading.stress_ends is not None:
        return f"Relief lasts, for stress ends at {clock(fading.stress_ends)} and takes no more connections back: {of_gains}"
    causes = [cause for mechanism, cause in FADES_AS.items() if mechanism in fading.gains and fading.gains[mechanism][last] <= FADED]
    return f"Relief fades{f' as {joined(causes)}' if causes else ''}: {of_gains}"


def _left(share: float) -> str:
    """What is left of a gain, in whole per cent."""
    return f"{100 * max(share, 0.0):.0f} %"


def _watched(summary: Summary) -> str:
    sentences = []
    if set(summary.plasma) & set(KETAMINES):
        (dissociation, _), (systolic, unit) = (summary.watched[label(name)] for name in ("dissociation", "systolic_rise"))
        sentences.append(
            "Dissociation, an altered sense of oneself and of what is around, peaks at "
            f"{100 * dissociation.value:.0f} % of the most there can be, at {clock(dissociation.time)}; "
            f"systolic blood pressure rises by {systolic.value:.0f} {unit}, at {clock(systolic.time)}."
        )
    if summary.not_modelled:
        sentences.append(f"Not modelled: {', '.join(summary.not_modelled)}.")
    return " ".join(sentences)
