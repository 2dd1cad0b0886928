"""``python -m funchost``."""

from funchost.cli import main

if __name__ == "__main__":
    main(prog_name="funchost")
