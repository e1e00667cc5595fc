"""The command line: `space-hub ...`, the composer that people type.

It stands above all rooms and imports a room only inside the command that needs
it, so that `space-hub up` is quick and `--help` instant.
"""

import sys


def main() -> None:
    """Entry point of the installed program."""
    from space_hub.cli.app import run

    sys.exit(run(sys.argv[1:]))
