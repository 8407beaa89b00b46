"""`python -m mutants`, from tests: whether the tests of each subject notice a small change of it.

The changes are in `mutations.py` and `drawn_mutations.py`.  Each is made in a copy of the
repository in a temporary folder, where the tests of its subject then run.  A change that they do
not notice has survived.  Words on the command line choose the subjects with one of them in the name
of their file.

A changed kernel is interpreted at first, as to compile it takes longer; if no test notices it is
compiled, as some tests take too long without machine code.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from drawn_mutations import DRAWN
from mutations import SUBJECTS, Subject

ROOT = pathlib.Path(__file__).parents[1]
EVERY = SUBJECTS + DRAWN
COPIED = ("doya", "cli", "tests", "figures", "pyproject.toml", "README.md", "CHANGELOG.md")
# Exit statuses of pytest.
PASSED, FAILED = 0, 1
# Up to the first failure, in one process.
QUICKLY = ("-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not cluster and not browser")
# Seconds for the tests of one subject; a change may make a loop endless.
PATIENCE = 600


def changed(text: str, old: str, new: str) -> str:
    """Return the text with the change made; ValueError unless the old text is there once."""
    count = text.count(old)
    if count != 1:
        raise ValueError(f"{old!r} is there {count} times, not once")
    return text.replace(old, new)


def outcome(folder: pathlib.Path, subject: Subject) -> int:
    """Return the exit status of the subject's tests in the copy; a run without end has failed."""
    if subject.file.startswith("doya/kernels/"):
        return run(folder, subject, "1") or run(folder, subject, "0")
    return run(folder, subject, "0")


def run(folder: pathlib.Path, subject: Subject, interpreted: str) -> int:
    """Return the exit status of one run, without machine code if `interpreted` is "1"."""
    paths = os.pathsep.join([str(folder), str(folder / "cli")])
    setting = {"PYTHONPATH": paths, "NUMBA_DISABLE_JIT": interpreted, "DOYA_NUM_THREADS": "1"}
    files = [f"tests/{name}" for name in subject.tests.split()]
    chosen = ["-k", subject.only] if subject.only else []
    # -P: the working folder is not searched, which may hold another doya.
    command = [sys.executable, "-P", "-m", "pytest", *QUICKLY]
    try:
        return subprocess.run(
            [*command, *files, *chosen],
            cwd=folder, env={**os.environ, **setting}, timeout=PATIENCE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
        ).returncode  # fmt: skip
    except subprocess.TimeoutExpired:
        return FAILED


def survivors(folder: pathlib.Path, subject: Subject) -> list[str]:
    """Make each change of a subject in the copy and print its fate; return those not noticed."""
    file, left = folder / subject.file, []
    text = file.read_text(encoding="utf-8")
    mutants = [changed(text, *change) for change in subject.changes]
    if outcome(folder, subject) != PASSED:
        raise SystemExit(f"{subject.file}: its tests do not pass without a change")
    for mutant, (old, new) in zip(mutants, subject.changes, strict=True):
        begin = time.perf_counter()
        file.write_text(mutant, encoding="utf-8")
        fate = {PASSED: "SURVIVED", FAILED: "caught"}.get(outcome(folder, subject), "BROKEN")
        seconds = time.perf_counter() - begin
        print(f"{fate:8s} {seconds:4.0f} s  {subject.file}: {old}  ->  {new}", flush=True)
        if fate != "caught":
            left.append(f"{subject.file}: {old}  ->  {new}")
    file.write_text(text, encoding="utf-8")
    return left


def main(words: list[str]) -> int:
    """Try the changes of the chosen subjects; return 1 if one survived, else 0."""
    chosen = [each for each in EVERY if not words or any(word in each.file for word in words)]
    left: list[str] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, folder / name)
        for subject in chosen:
            left += survivors(folder, subject)
    count = sum(len(each.changes) for each in chosen)
    print(f"{count - len(left)} of {count} changes caught, {len(left)} survived")
    return int(bool(left))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m mutants", description=__doc__)
    parser.add_argument("words", nargs="*", metavar="WORD", help="part of a file's name")
    raise SystemExit(main(parser.parse_args().words))
