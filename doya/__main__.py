"""python -m doya is the command `doya`."""

from doya_cli.__main__ import run

if __name__ == "__main__":
    run()
