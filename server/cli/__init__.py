"""`waypost`: everything a person or a script does with a Waypost, from the command line.

One file per noun. `main` is the entry point; what takes time to import is imported by the command that needs
it, so that `waypost --help` is quick.
"""

from server.cli.entry import main

__all__ = ["main"]
