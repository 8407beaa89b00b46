"""The one moving line on a terminal: how much is done, and whether machine code is waited for.

Both write to the same line, so only `_Line` does.
"""

from __future__ import annotations

import contextlib
import math
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from doya_cli import interruption
from doya_cli.paces import Pace
from doya_cli.pictures import prepare

# Seconds until a bar appears, and from one change of it to the next.
PATIENCE, PAUSE = 0.5, 0.1
# Seconds after which machine code that nobody mentioned again is no longer waited for.
LATELY = 0.3
# Characters of the bar, and of the block that moves in it while nobody knows how long it takes.
WIDTH, BLOCK = 30, 6

ONCE = "Compiling machine code, which takes some seconds. Later runs use the compiled code."
EACH_TIME = (
    "Compiling machine code in every run, because no folder for it can be written. Set"
    " NUMBA_CACHE_DIR to a folder that can be written, and it is done once."
)


@contextmanager
def progress(quiet: bool, cells: float = 0.0) -> Iterator[Callable[[float], object]]:
    """Yield a function of the part that is done; on a terminal it draws a bar.

    The bar appears after a while, even if the function is not called, and is wiped at the end.
    With a number of cells it has their rate and the time left, and elsewhere than on a terminal a
    line is written now and then.
    """
    pace = Pace(cells)
    if quiet or not _is_terminal():

        def note(part: float) -> None:
            interruption.check()
            if cells and not quiet and pace.is_due(part):
                click.echo(f"{part:.0%} done, {pace.words(part)}", err=True)

        yield note
        return

    def tell(part: float) -> None:
        interruption.check()
        _line.done, _line.pace = part, pace.words(part)
        _line.draw_if_due()

    with _line.moving():
        _line.begin()
        try:
            yield tell
        finally:
            _line.done, _line.pace = None, ""


@contextmanager
def compiling(quiet: bool) -> Iterator[None]:
    """Show that the block waits for machine code: by the moving line on a terminal.

    Elsewhere one sentence is written, once.
    """
    from doya.kernels.machinery.running import listening

    with contextlib.ExitStack() as stack:
        first = threading.Lock()

        def begin() -> None:
            if not quiet and sys.stderr is not None:
                _announce()
                if _is_terminal():
                    stack.enter_context(_line.moving())
                    _line.wait()
            prepare()

        def hear() -> None:
            interruption.check()
            if first.acquire(blocking=False):
                begin()
            if not quiet and _is_terminal():
                _line.wait()

        stack.enter_context(listening(hear))
        yield


def wipe() -> None:
    """Clear the line for the next output."""
    _line.wipe()


class _Line:
    """The text on the moving line, and the time when it is drawn again."""

    def __init__(self) -> None:
        self.done: float | None = None  # without a bar
        self.pace = ""
        self._waited = -math.inf  # when machine code was last waited for
        self._due = 0.0
        self._shown = ""
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Begin a bar, which is not drawn yet."""
        self.done, self._due = 0.0, time.monotonic() + PATIENCE

    def wait(self) -> None:
        """Show that machine code is waited for."""
        if not self._is_compiling():
            self._due = 0.0
        self._waited = time.monotonic()
        self.draw_if_due()

    def draw_if_due(self) -> None:
        """Draw what there is, unless that was just done."""
        with self._lock:
            if time.monotonic() >= self._due:
                self._due = time.monotonic() + PAUSE
                self._show(self._text())

    def wipe(self) -> None:
        """Leave the line blank, until there is more to wait for."""
        with self._lock:
            self._waited = -math.inf
            self._show("")

    @contextmanager
    def moving(self) -> Iterator[None]:
        """Have a thread draw the line from time to time, and wipe it in the end."""
        ended = threading.Event()

        def move() -> None:
            pause = PATIENCE
            while not ended.wait(pause):
                self.draw_if_due()
                pause = PAUSE

        mover = threading.Thread(target=move, daemon=True)
        mover.start()
        try:
            yield
        finally:
            ended.set()
            mover.join()
            self.wipe()

    def _text(self) -> str:
        is_compiling = self._is_compiling()
        if not is_compiling and self.done is None:
            return ""
        words = [f"[{_block() if is_compiling else _filled(self.done or 0.0)}]"]
        if self.done is not None:
            words.append(f"{self.done:4.0%}")
            words += [self.pace] * bool(self.pace)
        if is_compiling:
            words.append("compiling (once) ..." if _is_kept() else "compiling ...")
        return " ".join(words)

    def _is_compiling(self) -> bool:
        if self._waited == -math.inf:
            return False
        from doya.kernels.machinery.compilation import is_at_work

        return time.monotonic() < self._waited + LATELY or is_at_work()

    def _show(self, text: str) -> None:
        if text == self._shown:
            return
        blanks = " " * max(len(self._shown) - len(text), 0)
        self._shown = text
        with contextlib.suppress(OSError):  # a terminal that is gone is no reason to stop
            click.echo(f"\r{text}{blanks}" + "\r" * (not text), nl=False, err=True)


_line = _Line()


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _announce() -> None:
    """Write one sentence where no line moves, or where the machine code cannot be kept."""
    if _is_terminal() and _is_kept():
        return
    _line.wipe()
    with contextlib.suppress(OSError):
        click.echo(ONCE if _is_kept() else EACH_TIME, err=True)


def _is_kept() -> bool:
    """Return whether there is a folder for machine code, as there is for all kernels or none."""
    from doya.kernels.machinery.compilation import cache_folder
    from doya.kernels.machinery.registry import KERNELS

    return cache_folder(next(iter(KERNELS))) is not None


def _filled(done: float) -> str:
    return ("#" * int(WIDTH * done)).ljust(WIDTH, "-")


def _block() -> str:
    """The block where it is now, on its way from one end of the bar to the other and back."""
    way = WIDTH - BLOCK
    place = abs(int(time.monotonic() / PAUSE) % (2 * way) - way)
    return ("-" * place + "#" * BLOCK).ljust(WIDTH, "-")
