"""`python -m partnersim` is `partnersim`."""

from partnersim.cli import main

if __name__ == "__main__":
    main()
