"""The one place that decides between interpreter and machine code: by counting, not by a clock."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest

import doya
from doya.equilibria import solved, solving
from doya.integrators.ensembles import Ensemble
from doya.kernels.equilibria import solve
from doya.kernels.flow import formula as flow
from doya.kernels.flow.second_derivatives import jets_along
from doya.kernels.machinery import compilation, parallel, running
from doya.kernels.machinery.registry import KERNELS, every_kernel, name_of, named
from doya.kernels.map.iteration import iterate
from doya.kernels.map.second_derivatives import iterate_jets

pytestmark = pytest.mark.machine_code
FLOW = (solve, flow.paths)


@pytest.fixture(autouse=True)
def a_process_that_has_done_nothing(monkeypatch):
    """As if no kernel had been interpreted, loaded or made."""
    monkeypatch.setattr(running, "_interpreted_so_far", {})
    monkeypatch.setattr(running, "_makers", {})
    monkeypatch.setattr(running, "_look_again", {})
    monkeypatch.setattr(compilation, "_machine_code", {})


class Maker:
    """A process that has made its kernels after this number of looks."""

    def __init__(self, kernels, looks):
        self.kernels, self.looks = tuple(kernels), looks

    def is_done(self):
        self.looks -= 1
        return self.looks < 0


@pytest.fixture
def an_empty_cache(monkeypatch):
    """No kernel is on the disk, and makers are those of the list."""
    started = []

    def makers(kernels, processes):
        started.append(Maker(kernels, 5))
        return started[-1:]

    monkeypatch.setattr(running, "is_on_disk", lambda kernel: False)
    monkeypatch.setattr(running, "makers", makers)
    monkeypatch.setattr(running, "NAP", 0.0)
    return started


def counted(monkeypatch):
    """Calls of kernels in the order of time, each with how it ran."""
    calls = []
    ways = {"interpret": running.interpret, "as_machine_code": running.as_machine_code}
    for way, plain in ways.items():

        def run(kernel, *arguments, way=way, plain=plain):
            calls.append((way, kernel))
            return plain(kernel, *arguments)

        monkeypatch.setattr(running, way, run)
    return calls


def flows(size):
    return doya.NeuronODE(np.linspace(-9.0, 9.0, size), -2.5)


@pytest.mark.parametrize(
    ("neuron", "of_hessian"),
    [(doya.NeuronODE(), jets_along), (doya.NeuronMap(epsilon=0.5), iterate_jets)],
)
def test_a_landscape_has_all_its_kernels_made_at_once(
    neuron, of_hessian, an_empty_cache, monkeypatch
):
    """Those of its Hessian are not left until the loss is known."""
    monkeypatch.setattr(running, "is_on_disk", lambda kernel: bool(an_empty_cache))
    for least in ("START", "LOAD", "MAKE"):
        monkeypatch.setattr(running, least, 0.0)
    doya.loss_landscape(neuron, {"b": np.linspace(-3.0, -2.0, 9)}, t_end=5.0, hessian=True)
    assert of_hessian in an_empty_cache[0].kernels
    assert len(an_empty_cache[0].kernels) > 1


def test_a_small_call_never_waits_for_what_another_thread_loads(monkeypatch):
    """It is interpreted while the other is held; the other goes on when it is let go."""
    held, go_on, entered = threading.Event(), threading.Event(), []

    def slow(kernel, plain=compilation.compiled):
        if threading.current_thread() is not threading.main_thread():
            entered.append(kernel)
            held.set()
            assert go_on.wait(60.0)
        return plain(kernel)

    monkeypatch.setattr(running, "compiled", slow)
    monkeypatch.setattr(running, "is_on_disk", lambda kernel: True)
    large, answers = flows(40_000), []
    thread = threading.Thread(target=lambda: answers.append(doya.final_state(large, 0.4, 3.0)))
    thread.start()
    assert held.wait(60.0)
    calls = counted(monkeypatch)
    monkeypatch.setitem(running._interpreted_so_far, flow.paths, 0.9 * running.PATIENT)
    small = doya.final_state(flows(3), 0.4, 3.0)
    assert not go_on.is_set()
    assert calls == [("interpret", solve), ("interpret", flow.paths)]
    go_on.set()
    thread.join(60.0)
    np.testing.assert_array_equal(answers[0][[0, -1]], small[[0, -1]])
    assert entered


def test_little_is_interpreted_until_it_has_become_much(monkeypatch):
    """After START seconds of it one neuron, too, is computed by machine code."""
    monkeypatch.setattr(running, "LOAD", running.START)
    monkeypatch.setattr(running, "is_on_disk", lambda kernel: True)
    calls = counted(monkeypatch)
    neuron = doya.NeuronODE()
    doya.final_state(neuron, 0.4, 3.0)
    each = sum(running._interpreted_so_far.values())
    assert 0.0 < each == pytest.approx(sum(KERNELS[kernel].interpreted for kernel in FLOW))
    assert {way for way, _ in calls} == {"interpret"}
    monkeypatch.setitem(running._interpreted_so_far, flow.paths, running.START)
    state = doya.final_state(neuron, 0.4, 3.0)
    assert calls[-2:] == [("as_machine_code", kernel) for kernel in FLOW]
    with running.always(running.interpret):
        assert doya.final_state(neuron, 0.4, 3.0) == state


def test_what_other_functions_have_done_changes_nothing(monkeypatch):
    """Equilibria of many load their own kernel alone."""
    monkeypatch.setattr(running, "LOAD", running.START)
    monkeypatch.setattr(running, "is_on_disk", lambda kernel: True)
    doya.equilibria(flows(300_000))
    assert set(compilation._machine_code) == {solve}
    calls = counted(monkeypatch)
    doya.final_state(flows(5), 0.4, 3.0)
    assert calls == [("interpret", kernel) for kernel in FLOW]


def test_an_interpreted_call_goes_on_as_machine_code_once_that_is_made(monkeypatch, an_empty_cache):
    """Part by part until the makers are done, and the rest at once: with the same bits."""
    monkeypatch.setenv("DOYA_NUM_THREADS", "2")
    monkeypatch.setattr(running, "LOOK", 1e-3)
    neurons = flows(40_000)
    with running.always(running.as_machine_code):
        known = doya.final_state(neurons, 0.4, 3.0)
    calls = counted(monkeypatch)
    monkeypatch.setattr(compilation, "_machine_code", {})
    heard = []
    with running.listening(lambda: heard.append(1)):
        found = doya.final_state(neurons, 0.4, 3.0)
    np.testing.assert_array_equal(found, known)
    ways = [way for way, _ in calls]
    assert ways.index("as_machine_code") == ways.count("interpret") > 0
    assert [maker.kernels for maker in an_empty_cache] == [FLOW]
    assert heard


def test_little_work_has_nothing_made(monkeypatch, an_empty_cache):
    """Below MAKE seconds the interpreter does it all, also where numba is imported already."""
    calls = counted(monkeypatch)
    doya.final_state(flows(2000), 0.4, 3.0)
    assert not an_empty_cache
    assert {way for way, _ in calls} == {"interpret"}


@pytest.mark.parametrize("folder", [None, "somewhere"])
def test_kernels_that_no_other_process_makes_are_compiled_here(monkeypatch, folder):
    """Where no process can be started, or there is no folder to hand machine code over."""
    started, heard = [], []
    monkeypatch.setattr(running, "is_on_disk", lambda kernel: False)
    monkeypatch.setattr(running, "can_be_kept", lambda kernel: folder is not None)
    monkeypatch.setattr(running, "makers", lambda kernels, processes: started)
    calls = counted(monkeypatch)
    with running.listening(lambda: heard.append(1)):
        doya.final_state(flows(40_000), 0.4, 3.0)
    assert {way for way, _ in calls} == {"as_machine_code"}
    assert heard


def test_a_kernel_is_loaded_while_another_is_still_made(monkeypatch):
    """A free processor loads it: the call does not wait for the last kernel first."""
    monkeypatch.setenv("DOYA_NUM_THREADS", "2")
    soon, late = (Maker([kernel], looks) for kernel, looks in zip(FLOW, (3, 50), strict=True))
    loaded = []

    def load(kernel, plain=compilation.compiled):
        loaded.append((kernel, late.looks > 0))
        return plain(kernel)

    made = {solve: soon, flow.paths: late}
    monkeypatch.setattr(running, "is_on_disk", lambda kernel: made[kernel].looks < 0)
    monkeypatch.setattr(running, "makers", lambda kernels, processes: [soon, late])
    monkeypatch.setattr(running, "compiled", load)
    monkeypatch.setattr(running, "NAP", 0.0)
    doya.final_state(flows(40_000), 0.4, 3.0)
    assert loaded[0] == (solve, True)


def test_a_cache_that_lacks_a_kernel_is_not_read_at_each_short_call(monkeypatch):
    """To read it takes a millisecond: it is read once for each LOOK seconds of interpreting."""
    looks = []
    monkeypatch.setattr(running, "START", 0.0)
    monkeypatch.setattr(running, "LOAD", 0.0)
    monkeypatch.setattr(running, "is_on_disk", looks.append)
    spent = KERNELS[solve].interpreted
    for _ in range(1000):
        running.run(lambda lanes, call: None, 1, {solve: 1.0})
    assert 1 <= len(looks) <= 1 + 1000 * spent / running.LOOK


def test_progress_is_told_up_to_one():
    done = []
    running.run(lambda part, call: None, 100_000, {solve: 10**7}, progress=done.append)
    assert done == sorted(done)
    assert done[-1] == 1.0


def test_a_job_in_a_job_stays_in_its_thread(monkeypatch):
    """However much work it has."""
    monkeypatch.setenv("DOYA_NUM_THREADS", "2")
    threads = []

    def inner(part, call):
        threads[-1].add(threading.get_ident())

    def outer(part, call):
        threads.append({threading.get_ident()})
        running.run(inner, 10_000, {solve: 10**7})

    with running.always(running.as_machine_code):
        running.run(outer, 3, {solve: 3})
    assert all(len(each) == 1 for each in threads)


@pytest.mark.parametrize(("calls", "parts"), [(1, 2), (1000, 1)])
def test_work_of_many_short_calls_stays_in_one_thread(monkeypatch, calls, parts):
    """The same work in one call is shared: between short calls threads wait for one another."""
    monkeypatch.setenv("DOYA_NUM_THREADS", "2")
    monkeypatch.setattr(parallel, "processor_count", lambda: 2)
    seconds = KERNELS[solve].compiled
    with running.always(running.as_machine_code):
        found = running.run(lambda part, call: part, 1000, {solve: 0.004 / seconds}, calls=calls)
    assert len(found) == parts


def test_each_kernel_has_one_specialisation():
    """Whatever is asked: one neuron or many, from arrays that cannot be written, with inputs."""
    with running.always(running.as_machine_code):
        for shape in ((), (70,)):
            for u in (None, 0.3, doya.Pulses([(1.0, 2.0, 0.5)]), doya.Pulses([(1.0, 1.1, 1e5)])):
                for kind in (doya.NeuronODE, doya.NeuronMap):
                    neuron = kind(np.full(shape, 5.0), np.full(shape, -2.4))
                    doya.final_state(neuron, 0.4, 5, u)
                    doya.sensitivity(neuron, 0.4, 5, u=u)
                    doya.train(neuron, 0.4, 5, 0.8, steps=2, u=u)
        doya.lyapunov_exponent(doya.NeuronMap(5.0, -2.4, epsilon=np.array([0.5, 0.7])))
    used = list(compilation._machine_code.values())
    assert len(used) > 7
    assert all(len(kernel.signatures) == 1 for kernel in used)


def test_an_array_that_cannot_be_written_is_copied_and_others_receive_the_answer():
    """Interpreted and compiled."""
    w, b = np.array([5.0]), np.broadcast_to(-2.5, 1)
    for call in (running.interpret, running.as_machine_code):
        z, x, eigenvalue = np.full((3, 3), math.nan)
        count = np.zeros(1, dtype=np.int64)
        call(solve, w, b, z, x, eigenvalue, count, running.Room(7, 3))
        assert count[0] == 3
        np.testing.assert_array_equal(x, doya.equilibria(doya.NeuronODE()).x)


def test_a_repeated_call_sees_what_has_changed_in_its_arrays():
    """Interpreted and compiled, it answers as a new call does."""
    for call in (running.interpret, running.as_machine_code):
        w, b = np.array([5.0]), np.array([-2.5])
        found = solving(w, b, call)
        for bias in (-2.5, 3.0, -2.5):  # three equilibria, one, and three
            b[0] = bias
            found[1]()
            for known, again in zip(solved(w, b, call), found[0], strict=True):
                np.testing.assert_array_equal(known, again)


def test_the_machine_code_of_all_kernels_is_kept_in_one_folder_under_a_name_each():
    """Wherever their sources are: a user copies or deletes one folder."""
    caches = [compilation._dispatchers(kernel).cached for kernel in every_kernel()]
    assert len({cache.stats.cache_path for cache in caches}) == 1
    assert len({cache._cache._cache_file._index_path for cache in caches}) == len(caches)


def test_every_kernel_is_found_by_its_name_and_has_a_cost():
    """Other processes find it so; machine code costs much less than interpreting."""
    kernels = every_kernel()
    assert len({name_of(kernel) for kernel in kernels}) == len(kernels) >= 17
    for kernel in kernels:
        assert named(name_of(kernel)) is kernel
        assert 0.0 < 20.0 * KERNELS[kernel].compiled < KERNELS[kernel].interpreted
    assert iterate in kernels


def test_the_part_of_an_ensemble_is_its_own_to_write_to():
    """The kernels' arrays do not reach back to the caller's."""
    rows = [np.arange(4.0) for _ in range(5)]
    group = Ensemble(*rows, np.zeros(2), np.ones((2, 4)))
    part = group.part(slice(1, 3))
    part.x0[:] = 7.0
    part.u[:] = 7.0
    np.testing.assert_array_equal(group.x0, np.arange(4.0))
    assert part.u.shape == (2, 2)
    assert part.u.flags.c_contiguous
    assert group.u.max() == 1.0


def test_an_interrupted_call_ends_also_the_parts_of_other_threads(monkeypatch):
    """Each makes at most one more call of a kernel, however many its job would make."""
    monkeypatch.setenv("DOYA_NUM_THREADS", "2")
    monkeypatch.setattr(parallel, "processor_count", lambda: 2)
    main, begun, calls = threading.get_ident(), threading.Event(), []

    def job(part, call):
        if threading.get_ident() == main:
            assert begun.wait(60.0)
            raise KeyboardInterrupt
        for _ in range(10**9):
            calls.append(call(len, ()))
            begun.set()

    monkeypatch.setattr(running, "as_machine_code", lambda kernel, *arguments: kernel(*arguments))
    monkeypatch.setattr(compilation, "_machine_code", {solve: solve})
    with pytest.raises(KeyboardInterrupt):
        running.run(job, 1000, {solve: 10**6}, at_most=500)
    assert 0 < len(calls) < 10**9


def test_one_long_lane_waits_for_its_machine_code(monkeypatch, an_empty_cache):
    """The interpreter would not look at the makers until it is done."""
    monkeypatch.setenv("DOYA_NUM_THREADS", "2")
    calls = counted(monkeypatch)
    doya.final_state(doya.NeuronMap(-20.0, 10.0, epsilon=0.5), 0.3, 3_000_000)
    assert [way for way, _ in calls] == ["as_machine_code"]
    assert len(an_empty_cache) == 1


def test_states_on_a_grid_under_tall_pulses_have_the_same_bits_interpreted_and_compiled():
    """The state that one piece hands to the next stands alone in its array."""
    u = doya.Pulses([(1.0, 1.0 + 2.0**-30, 2.0**29), (4.0, 4.5, -1e6)])
    answers = []
    for call in (running.interpret, running.as_machine_code):
        with running.always(call):
            answers.append(doya.simulate(flows(5), 0.125, 10.0, u, points=5).x)
    np.testing.assert_array_equal(*answers)
