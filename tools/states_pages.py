"""Draw every table of states into its page, from the code that decides by it.

python -m tools.states_pages            write the pages
python -m tools.states_pages --check    leave with 1 when a page is not what the code says
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from rescounter.council import states as council
from rescounter.cycle import states as cycle
from rescounter.disputes import drawing as disputes
from rescounter.guarantee import states as guarantee
from rescounter.insurance import drawing as insurance

__all__ = ["PAGES", "Page", "drawn", "main"]

_DOCS = Path(__file__).resolve().parent.parent / "docs"
_BEGINS: Final = "<!-- states: written by python -m tools.states_pages -->"
_ENDS: Final = "<!-- end of states -->"


class Page(NamedTuple):
    """A page between whose marks a table stands, as a picture and as lines."""

    path: Path
    as_mermaid: Callable[[], Iterator[str]]
    as_markdown: Callable[[], Iterator[str]]


PAGES: Final = (
    Page(_DOCS / "UNION.md", cycle.as_mermaid, cycle.as_markdown),
    Page(_DOCS / "DISPUTES.md", disputes.as_mermaid, disputes.as_markdown),
    Page(_DOCS / "INSURANCE.md", insurance.as_mermaid, insurance.as_markdown),
    Page(_DOCS / "GUARANTEE.md", guarantee.as_mermaid, guarantee.as_markdown),
    Page(_DOCS / "COUNCIL.md", council.as_mermaid, council.as_markdown),
)


def drawn(page: Page, text: str) -> str:
    """The page with its table of states between the marks. Raises: ValueError where it has none."""
    before, begins, rest = text.partition(_BEGINS)
    _, ends, after = rest.partition(_ENDS)
    if not (begins and ends):
        raise ValueError(f"{page.path.name} lacks the marks {_BEGINS} and {_ENDS}")
    return before + "\n".join([_BEGINS, "", "```mermaid", *page.as_mermaid(), "```", "", *page.as_markdown(), "", _ENDS]) + after


def main() -> None:
    """Write or compare."""
    is_same = True
    for page in PAGES:
        text = page.path.read_text(encoding="utf-8")
        is_same &= drawn(page, text) == text
        if "--check" not in sys.argv[1:]:
            page.path.write_text(drawn(page, text), encoding="utf-8")
    sys.exit("--check" in sys.argv[1:] and not is_same)


if __name__ == "__main__":
    main()
