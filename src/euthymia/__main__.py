"""`python -m euthymia`."""

from .cli.main import main

# Helpers of a cohort import this file again.
if __name__ == "__main__":
    main()
