"""The templates of this room, and how figures are written in them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from rescounter.statements.figures import exact, share, short, width

__all__ = ["environment"]


@cache
def environment() -> Environment:
    """Templates with every value escaped; a name that a template misses is a fault."""
    made = Environment(
        loader=PackageLoader("rescounter.statements"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {"exact": exact, "short": short, "share": share, "width": width, "zip": _zip}
    made.globals |= {"part": _part}
    return made


def _zip(left: Iterable[Any], right: Iterable[Any]) -> list[tuple[Any, Any]]:
    return list(zip(left, right, strict=True))


def _part(name: str) -> Markup:
    """A style sheet or script of ours, as it stands in the package."""
    return Markup(files("rescounter.statements").joinpath("templates", name).read_text(encoding="utf-8").rstrip())
