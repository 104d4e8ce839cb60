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


CASES = [(name, size, seed) for name in SHAPES for size, seed in ((12, 1), (40, 2))]
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
