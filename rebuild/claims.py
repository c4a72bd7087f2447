"""Run every claim and store what it predicts: `python -m rebuild.claims`; minutes of work."""

from euthymia.core.runtime import configure

from . import stored

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
        stored.VERDICTS,
        ABOUT,
        {each.claim.id: {"predicted": float(each.predicted), "controlled": float(each.controlled)} for each in verdicts},
    )


if __name__ == "__main__":
    main()
