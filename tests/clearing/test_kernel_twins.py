"""The kernels' plain twins: the same loops run by the interpreter, number for number.

Compiled integers wrap silently where NumPy's scalars warn; here a warning is an error, so a loop that
leaves its integers fails even where the compiled answer happens to look right.
"""

import warnings

import numpy as np
import pytest
from hypothesis import given
from numba.core.dispatcher import Dispatcher

from rescounter.clearing import (
    _kernel_potentials,
    _kernel_reduction,
    _kernel_set_off,
    _kernel_slots,
    _kernel_ways,
    cheapest_room,
    cheapest_ways,
    slots,
    solver_compiled,
)
from rescounter.clearing.engines import LARGE_EDGES, engine_for
from rescounter.clearing.optimum import largest_set_off
from tests.clearing.test_compiled import SHAPES, shape
from tests.clearing.test_parts import edge_sets, fits, network_of

compiled = engine_for(LARGE_EDGES)

LOOPS = (_kernel_set_off, _kernel_slots, _kernel_reduction, _kernel_potentials, _kernel_ways)


@pytest.fixture(scope="module")
def interpreted():
    """The compiled engine with every kernel replaced by its Python source."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solver_compiled, "_THIN_EDGES_MAX", -1)
        for module in (*LOOPS, cheapest_room, cheapest_ways, slots, solver_compiled):
            for name, value in list(vars(module).items()):
                if isinstance(value, Dispatcher):
                    patch.setattr(module, name, value.py_func)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield


def answers(network, altered):
    found = largest_set_off(network, compiled)
    flow = np.minimum(found.flow, altered)
    ends = len(network.members), network.tail, network.head
    again = solver_compiled.resumed_circulation(*ends, altered, flow, found.potential)
    scaled = solver_compiled._resumed_by_scaling(*ends, altered, flow, found.potential.copy())
    profit = (1 + np.arange(len(altered)) % 7).astype(np.int32)
    weighed = solver_compiled.circulation(*ends, altered, profit)
    arrays = [found.flow, found.potential, weighed, *(again or ()), *(scaled or ())]
    return [array.tolist() for array in arrays]


CASES = [*((name, size, seed) for name in SHAPES for size, seed in ((12, 1), (40, 2))), ("hub", 160, 3)]
COMPILED = {}


def case(name, size, seed):
    dice = np.random.default_rng(seed)
    network = network_of(shape(name, size, dice))
    return network, np.maximum(0, network.capacity - dice.integers(0, 3, len(network.capacity)) * (network.capacity // 2))


@pytest.fixture(scope="module", autouse=True)
def compiled_first():
    """What the compiled loops answer, before any is replaced."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solver_compiled, "_THIN_EDGES_MAX", -1)
        COMPILED.update({each: answers(*case(*each)) for each in CASES})


@pytest.mark.parametrize("each", CASES)
def test_the_interpreter_finds_the_same_numbers(each, compiled_first, interpreted):
    assert answers(*case(*each)) == COMPILED[each]


@given(edges=edge_sets.filter(fits))
def test_no_integer_of_the_loops_leaves_its_range(interpreted, edges):
    network = network_of(edges)
    assert answers(network, network.capacity // 2)


@pytest.mark.parametrize("name", SHAPES)
def test_bounds_of_hubs_hold_after_every_discharge(interpreted, monkeypatch, name):
    """With hubs of three slots in blocks of two every shape has many: nothing that can be sent costs less than its block's bound.

    Nor does it cost less than the state allows, which would stand for a bound that hid an arc.
    """
    hub, bits, bounded = 3, 1, []
    monkeypatch.setattr(_kernel_set_off, "_HUB", hub)
    monkeypatch.setattr(_kernel_set_off, "_BLOCK_BITS", bits)
    discharge = cheapest_room.discharge

    def checked(*words):
        answer = discharge(*words)
        start, link, label, price, eps, bound = words[0], words[1], words[6], words[8], words[9], words[-1]
        reached = price[link & 3] + label[link >> 4]
        for u, high in enumerate(label.tolist()):
            costs = reached[start[u] : start[u + 1]].tolist()
            assert min(costs) >= high - eps
            for k in range((len(costs) + 1) >> bits if len(costs) >= hub else 0):
                least = int(bound[(int(start[u]) >> bits) + u + k])
                bounded.append(least > _kernel_set_off._LOWEST)
                assert least <= min(costs[k << bits : (k + 1) << bits])
        return answer

    monkeypatch.setattr(cheapest_room, "discharge", checked)
    network = network_of(shape(name, 60, np.random.default_rng(7)))
    found = largest_set_off(network, compiled)
    assert int(found.flow.sum()) == int(largest_set_off(network, engine_for(0)).flow.sum())
    assert any(bounded) or name in ("chain", "small parts", "two-way chain")
