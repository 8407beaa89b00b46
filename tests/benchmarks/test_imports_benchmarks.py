import subprocess
import sys

from benchmarks.report import Task
from benchmarks.timing import least_seconds, timed


def imported(statement):
    """A process that does nothing else."""
    command = [sys.executable, "-W", "error", "-c", statement]
    return timed(lambda: subprocess.run(command, check=True))


def test_import_doya_against_import_numpy(report):
    """At most 1.3 times as long, Python's own start included; and so with a first answer."""
    numpy, alone, used = least_seconds(
        15,
        imported("import numpy"),
        imported("import doya"),
        imported("import doya; doya.equilibria(doya.NeuronODE())"),
    )
    rows = [
        report(Task.IMPORT, "start Python and import numpy", [numpy / alone], 1 / 1.3),
        report(Task.FIRST, "import numpy", [numpy / used], 1 / 1.3),
    ]
    assert all(row.met for row in rows)
