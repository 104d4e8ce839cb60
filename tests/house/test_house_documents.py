"""What the documents say exists: paths, links, generated parts, words; and the README's commands print what it shows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.render import PAGE as PERFORMANCE
from benchmarks.render import PICTURE, drawn, rendered
from tests.house.house import DOCUMENTS, ROOT, SOURCE, Module, in_every_module
from tools.readme import README, blocks_of, plain, run_block

CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
QUOTED = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")
FILE = re.compile(
    r"[\w.-]+\.(?:py|md)"  # a bare name
    r"|[\w.][\w.-]*/[\w./-]*\.(?:py|md|toml|lock|png|css|js|j2|json)"
    r"|(?:src|tests|docs|benchmarks|tools)/(?:[\w.-]+/)*"
)
HISTORY = re.compile(r"\b(now|no longer|previously|formerly|recently|improved|improvements?|brand-new|new in)\b", re.IGNORECASE)

NOT_OF_THIS_REPOSITORY = {"verify.py", "check_proof.py", "benchmarks/results/pipeline.json"}
"""What stands in a user's folder, or is written by a measurement."""
TELLS_HISTORY = {"CHANGELOG.md", "DECISIONS.md"}

documents = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def prose(document: Path) -> str:
    """The text without blocks of code."""
    return CODE.sub("", document.read_text(encoding="utf-8"))


def exists(name: str, *folders: Path) -> bool:
    places = (*folders, ROOT, ROOT / "docs", ROOT / "src", SOURCE)
    if any((folder / name).exists() for folder in places):
        return True
    return "/" not in name and any(SOURCE.rglob(name))


@documents
def test_paths_that_a_document_names_exist(document: Path):
    named = {name for name in QUOTED.findall(prose(document)) if FILE.fullmatch(name)} - NOT_OF_THIS_REPOSITORY
    assert sorted(name for name in named if not exists(name, document.parent)) == []


@documents
def test_links_of_a_document_lead_somewhere(document: Path):
    links = {link for link in LINK.findall(prose(document)) if ":" not in link}
    assert sorted(link for link in links if not (document.parent / link).exists()) == []


@documents
def test_anchors_of_a_document_exist(document: Path):
    text = prose(document)
    titles = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
    assert sorted(set(re.findall(r"\]\(#([^)]+)\)", text)) - titles) == []


@in_every_module()
def test_paths_that_a_docstring_names_exist(module: Module):
    named = {name for text in docstrings(module.tree) for name in QUOTED.findall(text) if FILE.fullmatch(name)} - NOT_OF_THIS_REPOSITORY
    assert sorted(name for name in named if not exists(name, module.path.parent)) == []


def docstrings(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield ast.get_docstring(node) or ""


@pytest.mark.parametrize("document", [path for path in DOCUMENTS if path.name not in TELLS_HISTORY], ids=lambda path: path.name)
def test_a_document_says_what_is_and_not_what_was(document: Path):
    assert HISTORY.findall(QUOTED.sub("", prose(document))) == []


def glossary() -> str:
    return (ROOT / "docs" / "GLOSSARY.md").read_text(encoding="utf-8").partition("\n## Words\n")[2]


def test_the_words_of_the_glossary_stand_in_order_and_once():
    text = glossary()
    words = re.findall(r"^- \*\*([^*]+)\*\*", text, re.MULTILINE)
    assert len(words) > 40
    assert words == sorted(words, key=str.casefold)
    assert len({word.casefold() for word in words}) == len(words)


def test_every_entry_of_the_glossary_says_whose_word_it_is():
    text = glossary()
    entries = re.findall(r"^- \*\*[^*]+\*\* \(([^)]+)\)", text, re.MULTILINE)
    assert len(entries) == len(re.findall(r"^- \*\*", text, re.MULTILINE))
    assert sorted(set(entries) - {"CPMI", "CPMI narrowed", "ours", "common"}) == []


def test_decisions_are_dated_and_in_order():
    text = (ROOT / "docs" / "DECISIONS.md").read_text(encoding="utf-8")
    titles = re.findall(r"^## (.+)$", text, re.MULTILINE)
    numbers = [re.fullmatch(r"(\d+)\. (\d{4}-\d{2}-\d{2}): .+", title) for title in titles]
    assert titles and all(numbers)
    assert [int(number[1]) for number in numbers] == list(range(1, len(titles) + 1))


def test_the_figures_of_performance_come_from_committed_measurements():
    text = PERFORMANCE.read_text(encoding="utf-8")
    assert text == rendered(text), "run python -m benchmarks.render"
    assert PICTURE.read_text(encoding="utf-8") == drawn(), "run python -m benchmarks.render"


def test_make_run_is_the_demo_that_is_tested_here():
    assert "$(BIN)/python -m rescounter demo --force" in (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_commands_of_the_readme_run_and_print_as_written(tmp_path: Path):
    blocks = blocks_of(README.read_text(encoding="utf-8"))
    assert len(blocks) >= 3
    for block in blocks:
        done = run_block(block, tmp_path)
        assert done.returncode == 0, f"{block.code}\n{done.stdout}{done.stderr}"
        if block.shown is not None:
            assert plain(done.stdout) == block.shown, "run python -m tools.readme"
