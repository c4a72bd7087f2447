"""The command line: `python -m rebuild`, in a checkout."""

import argparse
import signal
import sys
from functools import partial

from euthymia.core.errors import InputError

from .pipeline import StepFailed, record, run, select, standing
from .steps import RECORDS, STEPS

NAMES = ", ".join(step.name for step in STEPS)
TERMINATED = 128 + signal.SIGTERM
say = partial(print, flush=True)


def main() -> int:
    """Run what has to run; bad input is one line and exit code 2."""
    asked = arguments()
    # So that the process of a step ends with this one.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        steps = select(STEPS, asked.only + asked.force) if asked.only else list(STEPS)
        forced, accepted = select(STEPS, asked.force), select(STEPS, asked.accept)
        if accepted:
            for step in accepted:
                record(step, step.inputs(), RECORDS, None)
                say(f"{step.name}: its outputs are recorded as those of the present inputs, unchecked")
        elif asked.list:
            for step in steps:
                say(f"{step.name:17} {standing(step, RECORDS).reason or 'nothing changed'}")
        else:
            run(steps, RECORDS, [step.name for step in forced], say)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except StepFailed as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; what was done before is kept", file=sys.stderr)
        return 130
    return 0


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="python -m rebuild", description=f"Steps: {NAMES}.")
    parser.add_argument("--list", action="store_true", help="say which steps would run, and why")
    parser.add_argument("--only", metavar="STEP", action="append", default=[], help="leave the other steps out; may be repeated")
    parser.add_argument("--force", metavar="STEP", action="append", default=[], help="run it although nothing changed; may be repeated")
    parser.add_argument(
        "--accept",
        metavar="STEP",
        action="append",
        default=[],
        help="record its outputs as up to date without a run, after a change"
        " that benchmarks/same_numbers.py finds to change no number; may be repeated",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
