"""The process of the command `doya`: python -m doya_cli, and what the script of that name calls."""

from __future__ import annotations

import signal


def run() -> None:
    """Run doya; before and after the command, Ctrl-C ends the process silently."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # or a shell has it ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from doya_cli.main import main

    main(prog_name="doya")


if __name__ == "__main__":
    run()
