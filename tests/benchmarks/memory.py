"""How much memory an answer takes at its peak, besides itself (Linux)."""

import subprocess
import sys

PROGRAM = """
import re

def kilobytes(name):
    return int(re.search(name + r":\\s+(\\d+)", open("/proc/self/status").read())[1])

{problem}

answer(200)  # compiles
open("/proc/self/clear_refs", "w").write("5")  # the peak is what it is now
before = kilobytes("VmHWM")
arrays = answer(2000)
print((1024 * (kilobytes("VmHWM") - before) - sum(each.nbytes for each in arrays)) / 1e6)
"""


def megabytes(problem):
    """Of a program's answer(size), which returns size x size arrays, in a process of its own."""
    program = PROGRAM.format(problem=problem)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    return float(done.stdout)
