"""Write `docs/REFUSALS.md` from the code: every refusal, exclusion and fault with its meaning and remedy.

python -m tools.refusals_page            write the page
python -m tools.refusals_page --check    leave with 1 when the page is not what the code says
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from rescounter.terms.faults import FAULTS
from rescounter.terms.refusals import EXCLUSIONS, LEDGER_REFUSALS, REFUSALS, UNION_REFUSALS, RefusalRule

__all__ = ["PAGE", "main", "page"]

PAGE = Path(__file__).resolve().parent.parent / "docs" / "REFUSALS.md"

_HEAD = """\
# Refusals, exclusions and faults

Written by `python -m tools.refusals_page` from `src/rescounter/terms/refusals.py` and `src/rescounter/terms/faults.py`.
Do not edit this page; a test compares it with the code.

- A **refusal** answers one row that breaks a rule of admission. The other rows go on. The row stands in the table
  `refusals` of the result, with what was found, what is allowed, the rule and what to do.
- An **exclusion** answers one admitted row that stays out of this run. It stays owed in full.
- A **fault** answers the whole run: nothing is written, and the command leaves with an exit code above 0.

Codes are never reused for another meaning.
"""


def page() -> str:
    """The whole page, as it must stand in `docs/REFUSALS.md`."""
    return "\n".join([_HEAD, *_refusals(), *_exclusions(), *_of_the_ledger(), *_of_the_union(), *_faults()]) + "\n"


def _refusals() -> Iterator[str]:
    yield "## Refusals\n"
    yield "A row that breaks several rules is reported under the first of them in this order.\n"
    yield "| rule | code | the row is refused because |"
    yield "|---|---|---|"
    for rule in REFUSALS.values():
        yield f"| {rule.rule} | [`{rule.code}`](#{rule.code}) | {_cell(rule.meaning)} |"
    for rule in REFUSALS.values():
        yield from _told(rule)


def _told(rule: RefusalRule) -> Iterator[str]:
    yield f"\n### {rule.code}\n"
    yield f"Rule {rule.rule}: {rule.meaning}.\n"
    yield f"- Example: {rule.example}"
    yield f"- Allowed: {rule.allowed}"
    yield f"- What to do: {rule.what_to_do}"


def _exclusions() -> Iterator[str]:
    yield "\n## Exclusions\n"
    yield "The code stands in the column `excluded` of the table `obligations`; the first that applies is written.\n"
    yield "| rule | code | the obligation is kept out because |"
    yield "|---|---|---|"
    for exclusion in EXCLUSIONS.values():
        yield f"| {exclusion.rule} | `{exclusion.code}` | {_cell(exclusion.meaning)} |"


def _of_the_ledger() -> Iterator[str]:
    yield "\n## Refusals of the ledger\n"
    yield "A transfer that breaks several rules is reported under the first of them in this order. `docs/LEDGER.md` says what is stored.\n"
    yield "| rule | code | the transfer, account or batch is refused because |"
    yield "|---|---|---|"
    for rule in LEDGER_REFUSALS.values():
        yield f"| {rule.rule} | [`{rule.code}`](#{rule.code}) | {_cell(rule.meaning)} |"
    for rule in LEDGER_REFUSALS.values():
        yield from _told(rule)


def _of_the_union() -> Iterator[str]:
    yield "\n## Refusals of the union\n"
    yield "Members, rulebook, submissions, settlement and the steps of a cycle; `docs/UNION.md` says what each act needs.\n"
    yield "| rule | code | it is refused because |"
    yield "|---|---|---|"
    for rule in UNION_REFUSALS.values():
        yield f"| {rule.rule} | [`{rule.code}`](#{rule.code}) | {_cell(rule.meaning)} |"
    for rule in UNION_REFUSALS.values():
        yield from _told(rule)


def _faults() -> Iterator[str]:
    yield "\n## Faults\n"
    yield "The message of a fault says what was found. The remedy below is printed with it. `docs/OPERATIONS.md` lists the exit codes.\n"
    yield "| code | what to do |"
    yield "|---|---|"
    for code, remedy in FAULTS.items():
        yield f"| `{code}` | {_cell(remedy)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main(words: list[str]) -> int:
    """Write the page, or with ``--check`` compare it; the exit code."""
    if words not in ([], ["--check"]):
        sys.stderr.write("usage: python -m tools.refusals_page [--check]\n")
        return 2
    if not words:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page():
        return 0
    sys.stderr.write("docs/REFUSALS.md is not what the code says: run python -m tools.refusals_page\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
