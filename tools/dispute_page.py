"""Draw the table of states into `docs/DISPUTES.md`, from `rescounter.disputes.states`.

python -m tools.dispute_page            write the page
python -m tools.dispute_page --check    leave with 1 when the page is not what the code says
"""

from __future__ import annotations

import sys
from pathlib import Path

from rescounter.disputes.drawing import as_markdown, as_mermaid

__all__ = ["PAGE", "drawn", "main"]

PAGE = Path(__file__).resolve().parent.parent / "docs" / "DISPUTES.md"

_BEGINS = "<!-- states: written by python -m tools.dispute_page -->"
_ENDS = "<!-- end of states -->"


def drawn(text: str) -> str:
    """The page with the table of states between its marks."""
    before, _, rest = text.partition(_BEGINS)
    _, _, after = rest.partition(_ENDS)
    table = "\n".join([_BEGINS, "", "```mermaid", *as_mermaid(), "```", "", *as_markdown(), "", _ENDS])
    return before + table + after


def main() -> None:
    """Write or compare."""
    text = PAGE.read_text(encoding="utf-8")
    if "--check" in sys.argv[1:]:
        sys.exit(drawn(text) != text)
    PAGE.write_text(drawn(text), encoding="utf-8")


if __name__ == "__main__":
    main()
