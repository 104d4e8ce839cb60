"""What the tests of the house look at: the modules as syntax trees, the documents as text, the repository's files."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "rescounter"
FLOORS_BELOW_8 = (
    *("terms", "rulebook", "membership", "ledger", "intake", "clearing", "settlement", "verification", "statements"),
    *("approvals", "council", "disputes", "guarantee", "insurance", "cycle"),
)

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


@dataclass(frozen=True)
class Module:
    """One file of the package."""

    path: Path
    tree: ast.Module

    @property
    def name(self) -> str:
        return self.path.relative_to(SOURCE).as_posix()

    @property
    def dotted(self) -> str:
        parts = self.path.relative_to(SOURCE.parent).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def room(self) -> str:
        parts = self.path.relative_to(SOURCE).parts
        return parts[0] if len(parts) > 1 else ""

    @property
    def is_kernel(self) -> bool:
        return self.path.name.startswith("_kernel_")


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the package, in order of path."""
    return tuple(Module(path, ast.parse(path.read_text(encoding="utf-8"), str(path))) for path in sorted(SOURCE.rglob("*.py")))


def in_every_module(*rooms: str) -> Callable[[Callable[[Module], None]], Callable[[], None]]:
    """Makes of the test of one module a test of all of them (of those in *rooms*), which tells of each that fails."""

    def of_all(test: Callable[[Module], None]) -> Callable[[], None]:
        def over_all() -> None:
            faults = []
            for module in modules():
                if not rooms or module.room in rooms:
                    try:
                        test(module)
                    except AssertionError as fault:
                        faults.append(f"{module.name}: {fault}")
            assert not faults, "\n".join(faults)

        over_all.__name__, over_all.__doc__ = test.__name__, test.__doc__
        return over_all

    return of_all


def rooms() -> list[Module]:
    """The `__init__` of every room; `data` holds files, not code."""
    return [module for module in modules() if module.path.name == "__init__.py" and module.room not in ("", "data")]


def exported(tree: ast.Module) -> list[str] | None:
    """The names in `__all__`, or None where there is none."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            return list(ast.literal_eval(node.value))
    return None


def dotted_name(node: ast.expr) -> str:
    """``datetime.datetime.now`` of an attribute chain; a call within it stands as ``name()``."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted_name(node.value)}.{node.attr}"
    if isinstance(node, ast.Call):
        return f"{dotted_name(node.func)}()"
    return ""


@cache
def repository_files() -> tuple[Path, ...] | None:
    """Files that are committed or could be, None outside a git checkout."""
    if not (ROOT / ".git").exists():
        return None
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    paths = (ROOT / name for name in sorted(set(listed.stdout.split("\0"))) if name)
    return tuple(path for path in paths if path.is_file())
