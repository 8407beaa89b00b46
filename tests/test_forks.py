"""A forked process goes on, whatever the threads of its parent were at."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.machine_code


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_does_not_wait_for_threads_of_its_parent():
    """Both locks are held for longer than a fork waits, and the parent has makers at work."""
    code = """
import os, doya
from doya.kernels.machinery import compilation
from doya.kernels.machinery import forks
from doya.kernels.machinery import running

forks.FORK_WAITS = 0.01
compilation._numba.lock.acquire()
running._deciding.lock.acquire()
running._makers["kernel"] = None
child = os.fork()
if child == 0:
    free = not (compilation._numba.lock.locked() or running._deciding.lock.locked())
    os._exit(0 if free and not running._makers else 1)
print(os.waitpid(child, 0)[1])
running._makers.clear()
"""
    command = [sys.executable, "-c", code]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout == "0\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_fork_while_another_thread_compiles_leaves_a_child_that_answers(tmp_path):
    """The fork waits until the kernel is there; the child has it, and can compile another one."""
    code = """
import os, signal, threading, time
import doya
from doya.kernels.machinery import compilation
from doya.kernels.machinery import running
from doya.kernels.map.returns import returned
from doya.kernels.equilibria import solve

thread = threading.Thread(target=compilation.compiled, args=(solve,), daemon=True)
thread.start()
while not compilation.is_at_work():
    time.sleep(0.001)
time.sleep(0.3)
assert compilation.is_at_work()
child = os.fork()
if child == 0:
    signal.alarm(60)
    assert compilation.machine_code(solve)
    with running.always(running.as_machine_code):
        found = doya.equilibria(doya.NeuronODE(5.0, [-2.5] * 100)).count
    compilation.compiled(returned)
    os._exit(0 if (found == 3).all() else 1)
print(os.waitpid(child, 0)[1], flush=True)
"""
    environment = dict(os.environ, NUMBA_CACHE_DIR=str(tmp_path))
    environment.pop("NUMBA_DISABLE_JIT", None)
    command = [sys.executable, "-W", "ignore", "-c", code]
    answer = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=120.0, env=environment
    )
    assert answer.stdout == "0\n", answer.stderr
