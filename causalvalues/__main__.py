"""`python -m causalvalues` is the command line."""

from causalvalues.cli import main

if __name__ == "__main__":
    main()
