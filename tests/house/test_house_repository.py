"""What must not be committed, what the lock files promise, and that the root holds what a visitor looks for."""

from __future__ import annotations

import ast
import os
import re
import sys
import tomllib

import pytest

from tests.conftest import IN_ORDER
from tests.house.house import ROOT, modules, repository_files

REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("crates", "io"),
        ("rubygems", "org"),
        ("proxy", "golang", "org"),
        ("anaconda", "org"),
        ("repo1", "maven", "org"),
        ("docker", "io"),
        ("deb", "debian", "org"),
    )
)
MACHINE_PATHS = re.compile(r"(?<![\w.$}~-])/(?:" + "|".join(("work", "root", r"home/[a-z]\w*", r"Users/\w+")) + r")/[\w.]")
TEXT_MAX = 5_000_000

LOCKS = ("requirements.lock", "requirements-dev.lock")


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    files = repository_files()
    if files is None:
        pytest.skip("no git checkout")
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8", errors="replace")
        for path in files
        if path.stat().st_size <= TEXT_MAX and b"\0" not in path.read_bytes()[:4096]
    }


def test_no_file_names_a_package_registry(texts):
    found = [f"{name}: {host}" for name, text in texts.items() for host in REGISTRY_HOSTS if host in text]
    assert found == []


def test_no_file_names_a_path_of_the_machine_it_was_written_on(texts):
    found = [f"{name}: {match[0]}" for name, text in texts.items() for match in MACHINE_PATHS.finditer(text)]
    assert found == []


def test_no_file_holds_a_private_key_or_a_merge_mark(texts):
    marks = ("-----BEGIN " + "PRIVATE KEY", "<" * 7 + " ", ">" * 7 + " ")
    found = [f"{name}: {mark}" for name, text in texts.items() for mark in marks for line in text.splitlines() if line.startswith(mark)]
    assert found == []


SCHEMAS = "requirements-schemas.lock"
"""Wheels that hold schemas for the tests; nothing that they depend on is installed."""


@pytest.mark.parametrize(("name", "packages"), [*((name, 10) for name in LOCKS), (SCHEMAS, 2)])
def test_every_locked_package_is_pinned_and_hashed(name, packages):
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[A-Za-z0-9])", "\n" + text.replace("\\\n", " "))[1:]
    assert len(entries) >= packages
    for entry in entries:
        requirement = entry.split("\n")[0]
        assert re.match(r"[A-Za-z0-9][\w.-]*(\[[\w,-]+\])?==[\w.+!-]+ ", requirement), requirement[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", requirement), requirement[:80]
    assert not re.search(r"^(-|--|[^#\s]*@ )", text, re.MULTILINE), "an option or a direct address"


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[<>=!~;\[ ]", name.strip())[0]).lower()


def test_every_dependency_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    locked = {name: {normal(line) for line in (ROOT / name).read_text(encoding="utf-8").splitlines() if "==" in line} for name in LOCKS}
    wanted = {normal(line) for line in project["project"]["dependencies"]}
    assert sorted(wanted - locked["requirements.lock"]) == []
    assert sorted((wanted | {normal(line) for line in project["dependency-groups"]["dev"]}) - locked["requirements-dev.lock"]) == []


def test_what_the_package_imports_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines = [
        *project["project"]["dependencies"],
        *(line for extra in project["project"]["optional-dependencies"].values() for line in extra),
    ]
    declared = {normal(line).replace("-", "_") for line in lines}
    brought = {"markupsafe": "jinja2", "stdnum": "python_stdnum", "currency_converter": "currencyconverter"}
    imported = {
        name.split(".")[0]
        for module in modules()
        for node in ast.walk(module.tree)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [])
        + ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
    }
    foreign = imported - sys.stdlib_module_names - {"rescounter", "__future__"}
    assert sorted(name for name in foreign if brought.get(name, name) not in declared) == []


@pytest.mark.parametrize(
    "name",
    [
        *("README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "Makefile", ".ci/run"),
        *(f"docs/{page}.md" for page in ("ARCHITECTURE", "CERTIFICATE", "DECISIONS", "GLOSSARY", "OPERATIONS", "PERFORMANCE", "REFUSALS")),
    ],
)
def test_what_a_visitor_looks_for_is_there(name):
    assert (ROOT / name).stat().st_size > 100


def test_what_machines_call_can_be_called():
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_the_changelog_tells_of_this_version():
    from rescounter import __version__

    assert re.search(rf"^## \[{re.escape(__version__)}\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_tests_that_go_on_where_another_ended_run_on_one_worker(texts):
    plays = [
        name for name, text in texts.items() if name.startswith("tests/journeys/test_") and 'scope="module")\n' in text and "Play(" in text
    ]
    assert plays
    assert [name for name in plays if not name.startswith(IN_ORDER)] == []
