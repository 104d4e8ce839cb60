"""How modules of the house look: plates, promises, size, purity, faults. Each rule is of the house's style."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from functools import cache

import pytest

from tests.house.house import FLOORS_BELOW_8, Module, dotted_name, exported, in_every_module, modules, rooms

LINES_MAX = 500
FUNCTION_LINES_MAX = 60

WORLDLY_MODULES = {
    *("time", "random", "secrets", "uuid", "os", "pathlib", "shutil", "tempfile", "glob"),
    *("socket", "ssl", "urllib", "http", "subprocess", "threading", "multiprocessing", "asyncio", "signal"),
}
WORLDLY_ENDINGS = {
    *("now", "today", "utcnow", "environ", "getenv", "urandom", "getpid", "uuid1", "uuid4", "default_rng"),
    *("read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink", "rename", "replace_file"),
}
WORLDLY_PREFIXES = ("np.random", "numpy.random", "random.", "time.", "os.", "secrets.")
DESK_DOORS = {("verification/desk.py", "main"), ("verification/proofs.py", "main")}
"""Both are mailed as one file each, so their command line stands in them."""

every_module = in_every_module()
pure_modules = in_every_module(*FLOORS_BELOW_8)


@every_module
def test_a_module_says_what_it_is_for(module: Module):
    assert ast.get_docstring(module.tree), "no docstring"


@every_module
def test_a_module_lists_what_it_promises(module: Module):
    if len(module.tree.body) == 1 or module.path.name in ("__main__.py", "_version.py"):
        return  # a plate alone, or a door: nothing to promise
    names = exported(module.tree)
    assert names is not None, "no __all__"
    first = next(
        (place for place, node in enumerate(module.tree.body) if isinstance(node, ast.FunctionDef | ast.ClassDef)), len(module.tree.body)
    )
    own = [node for node in module.tree.body[:first] if isinstance(node, ast.Assign)]
    assert any(dotted_name(target) == "__all__" for node in own for target in node.targets), "__all__ stands below the code"
    loaded = importlib.import_module(module.dotted)
    assert [name for name in names if not hasattr(loaded, name)] == []


@cache
def _promised() -> dict[str, list[str] | None]:
    return {module.dotted: exported(module.tree) for module in modules()}


@every_module
def test_a_module_takes_from_others_only_what_they_promise(module: Module):
    promised = _promised()
    taken = [
        f"{node.module}.{alias.name}"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.module in promised and promised[node.module] is not None
        for alias in node.names
        if alias.name not in promised[node.module] and f"{node.module}.{alias.name}" not in promised
    ]
    assert taken == []


@pytest.mark.parametrize("module", rooms(), ids=lambda module: module.room)
def test_a_room_has_a_door_plate(module: Module):
    plate = ast.get_docstring(module.tree) or ""
    missing = [word for word in ("Enters:", "Leaves:", "Refuses:", "Law", "Read `") if word not in plate]
    assert missing == []


@every_module
def test_a_file_stays_readable(module: Module):
    lines = len(module.path.read_text(encoding="utf-8").splitlines())
    assert module.is_kernel or lines <= LINES_MAX


@every_module
def test_a_function_fits_on_a_screen(module: Module):
    if module.is_kernel:
        return
    long = [f"{node.name}: {node.end_lineno - node.lineno + 1} lines" for node in _functions(module) if _lines(node) > FUNCTION_LINES_MAX]
    assert long == []


def _functions(module: Module) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef))


def _lines(node: ast.FunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


@pure_modules
def test_below_floor_8_nothing_reaches_for_the_world(module: Module):
    """No clock, disk, network, environment or chance; what lies in the package itself may be read."""
    allowed = {id(node) for function in _functions(module) if (module.name, function.name) in DESK_DOORS for node in ast.walk(function)}
    found = [*_worldly_imports(module), *(name for node, name in _worldly_names(module) if id(node) not in allowed)]
    assert found == []


def _worldly_imports(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not _of_names_only(node) else []
        yield from (f"imports {name}" for name in names if name.split(".")[0] in WORLDLY_MODULES)


def _of_names_only(node: ast.ImportFrom) -> bool:
    """A pure path is a name taken apart; it reaches no disk."""
    return node.module == "pathlib" and all(alias.name.startswith("Pure") for alias in node.names)


def _worldly_names(module: Module) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and dotted_name(node.func) in ("open", "input"):
            yield node, f"line {node.lineno}: {dotted_name(node.func)}()"
        if isinstance(node, ast.Attribute):
            name = dotted_name(node)
            of_the_package = name.startswith("files()")
            if not of_the_package and (name.startswith(WORLDLY_PREFIXES) or node.attr in WORLDLY_ENDINGS):
                yield node, f"line {node.lineno}: {name}"


def test_only_the_desk_prints_below_floor_8():
    """The exemption above is for one function; its helper `_tell` prints, and nothing else does."""
    desk = next(module for module in modules() if module.name == "verification/desk.py")
    printing = {
        function.name
        for function in _functions(desk)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and dotted_name(node.func) == "print"
    }
    assert printing <= {"main", "_tell"}


@every_module
def test_no_fault_is_swallowed(module: Module):
    """Only what is understood is caught: never `Exception`, never everything."""
    broad = [
        f"line {node.lineno}"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or {"Exception", "BaseException"} & {dotted_name(part) for part in _parts(node.type)})
    ]
    assert broad == []


def _parts(kind: ast.expr) -> list[ast.expr]:
    return list(kind.elts) if isinstance(kind, ast.Tuple) else [kind]


@every_module
def test_a_law_is_not_an_assert(module: Module):
    """`assert` disappears under ``python -O``; `holds` does not."""
    assert [f"line {node.lineno}" for node in ast.walk(module.tree) if isinstance(node, ast.Assert)] == []


@every_module
def test_a_broken_law_is_caught_at_the_top_door_only(module: Module):
    caught = [
        node.lineno
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler)
        and node.type is not None
        and "BrokenLaw" in {dotted_name(part) for part in _parts(node.type)}
    ]
    assert not caught or module.name == "cli/door.py"


@pytest.mark.parametrize("module", [module for module in modules() if module.name == "terms/money.py"], ids=lambda module: module.name)
def test_money_knows_no_float(module: Module):
    floats = [node.lineno for node in ast.walk(module.tree) if isinstance(node, ast.Constant) and isinstance(node.value, float)]
    named = [node.lineno for node in ast.walk(module.tree) if isinstance(node, ast.Name) and node.id in ("float", "round")]
    divided = [node.lineno for node in ast.walk(module.tree) if isinstance(node, ast.Div)]
    assert floats + named + divided == []


@every_module
def test_a_todo_names_an_issue(module: Module):
    lines = module.path.read_text(encoding="utf-8").splitlines()
    marks = ("TO" + "DO", "FIX" + "ME")
    assert [line for line in lines if any(mark in line for mark in marks) and "issue" not in line] == []
