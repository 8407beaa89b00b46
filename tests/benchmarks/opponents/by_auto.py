"""AUTO-07p on the diagram at w = 5; its time is the one it tells, without Fortran's compilation."""

import os
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).parent
CONSTANTS = """
NDIM=1, IPS=1, IRS=0, ILP=1
ICP=[1]
NTST=15, NCOL=4, IAD=3, ISP=1, ISW=1, IPLT=0, NBC=0, NINT=0
NMX=1000, NPR=1000, MXBF=0, IID=2, ITMX=8, ITNW=5, NWTN=3, JAC=0
EPSL=1e-07, EPSU=1e-07, EPSS=1e-05
DS=0.005, DSMIN=0.0001, DSMAX=0.01, IADS=1
NPAR=1, THL={}, THU={}
RL0=-3.05, RL1=-2.0
"""


class Diagram:
    """In a folder, where it leaves its files."""

    def __init__(self, folder):
        shutil.copy(HERE / "neuron.f90", folder)
        self.folder = folder
        installed = (pathlib.Path(parent) / "auto-07p" for parent in ("/usr/lib", "/usr/share"))
        self.auto = next(path for path in installed if path.is_dir())

    def seconds(self):
        """Of one run."""
        printed = subprocess.run(
            ["make", "-s", "-f", self.auto / "cmds/cmds.make", "EQUATION_NAME=neuron"],
            cwd=self.folder,
            env={**os.environ, "AUTO_DIR": str(self.auto)},
            input=CONSTANTS,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        return float(printed.split("Total Time")[1].split()[0])

    def points(self):
        """(type, b) of each in the last run, to ten digits; type 2 is a fold."""
        lines = (line.split() for line in (self.folder / "fort.7").read_text().splitlines())
        return [(int(words[2]), float(words[4])) for words in lines if words[0] != "0"]
