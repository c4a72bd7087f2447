"""The program: `euthymia`, or `python -m euthymia`."""


def main() -> None:
    """Entry point of the command line; what can be interrupted begins here."""
    from .core.interrupts import end_on_signals, ignore_interrupts

    end_on_signals()
    from .core.runtime import set_environment

    set_environment()
    from .cli.main import main as command

    try:
        command()
    finally:
        ignore_interrupts()


# Helpers of a cohort import this file again.
if __name__ == "__main__":
    main()
