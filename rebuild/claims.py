"""Run every claim and store what it predicts: `python -m rebuild.claims`; minutes of work."""

from euthymia.claims.claim import Verdict
from euthymia.core.runtime import configure

from . import stored

NAME = "verdicts"
ABOUT = "What each claim predicts, and what it predicts under its control. Written by `make rebuild`."


def main() -> None:
    """Run and store; verdicts that are not the recorded ones are printed."""
    configure()
    from euthymia.claims.catalogue import claims
    from euthymia.claims.claim import run

    verdicts = []
    for number, claim in enumerate(claims(), start=1):
        verdicts.append(run(claim))
        news = "" if verdicts[-1].stands else f" – {verdicts[-1].word}, which is not the recorded verdict"
        print(f"  {number}/{len(claims())} {claim.id}{news}", flush=True)
    stored.write(
        NAME, ABOUT, {each.claim.id: {"predicted": float(each.predicted), "controlled": float(each.controlled)} for each in verdicts}
    )


def verdicts() -> list[Verdict]:
    """Every claim that was run, as it stands in the evidence now, with the stored predictions."""
    from euthymia.claims.catalogue import claims
    from euthymia.evidence.registry import evidence

    numbers = stored.read(NAME)
    return [
        Verdict(claim, None if claim.target is None else evidence().target(claim.target), found["predicted"], found["controlled"])
        for claim in claims()
        if (found := numbers.get(claim.id))
    ]


if __name__ == "__main__":
    main()
