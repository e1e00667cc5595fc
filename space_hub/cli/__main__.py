"""`python -m space_hub.cli`: how the supervisor starts its own children."""

from space_hub.cli import main

if __name__ == "__main__":
    main()
