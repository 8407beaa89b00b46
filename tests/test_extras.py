"""What only an extra brings is imported where it is used, and nowhere else."""

import pathlib
import re
import subprocess
import sys

import pytest

import doya
from doya import extras

ROOT = pathlib.Path(doya.__file__).parent
PACKAGES = {"dask", "distributed", "pandas", "polars", "xarray", "zarr"}


def test_a_missing_extra_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(ImportError, match=r"^doya.sweep needs the package zarr: pip install 'doya"):
        extras.needed("zarr", "doya.sweep")


def test_each_package_is_used_in_one_module():
    uses = {}
    for path in ROOT.rglob("*.py"):
        for package in re.findall(r'needed\(\s*"(\w+)"', path.read_text(encoding="utf-8")):
            uses.setdefault(package, set()).add(str(path.relative_to(ROOT)))
    assert uses["zarr"] == {"sweeps/stores.py"}
    assert uses["distributed"] == {"sweeps/cluster.py"}


def test_nothing_but_a_sweep_imports_them():
    code = (
        "import sys, doya; from doya_cli.main import main;"
        "doya.final_state(doya.NeuronODE(), 0.5, 1.0); dir(doya); doya.sweep;"
        "main(['equilibria', '--json'], standalone_mode=False);"
        "print(*{name.split('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not PACKAGES & {*done.stderr.split()}
