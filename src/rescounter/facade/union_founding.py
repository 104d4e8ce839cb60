"""What a union is founded with: the text of its rulebook, and its first people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from rescounter.rulebook.shipped import PACKS, pack_text, with_values
from rescounter.terms import CallerFault

__all__ = ["founders", "founding_text", "shipped_text", "text_of"]

_MADE_UP: Final = {"membership.lei_required": "false"}
"""What a demonstration sets: members may be made up."""
_ALONE: Final = {"union.single_person": "true"}
"""What it sets besides, where it is founded without an approver: one person does alone what else needs two."""


def shipped_text(pack: str) -> str:
    """The text of a pack. Raises: CallerFault ``pack_unknown``."""
    if pack not in PACKS:
        raise CallerFault("pack_unknown", f"there is no pack {pack}; there are: {', '.join(PACKS)}")
    return pack_text(pack)


def text_of(path: Path) -> str:
    """The text of a rulebook in a file. Raises: CallerFault ``input_not_found``, ``input_unreadable``."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as fault:
        raise CallerFault("input_not_found", f"there is no file {path}") from fault
    except (OSError, UnicodeDecodeError) as fault:
        raise CallerFault("input_unreadable", f"{path} cannot be read as text ({fault})") from fault


def founding_text(text: str, *, name: str | None, is_demonstration: bool, has_approver: bool) -> str:
    """The text with the union's *name* in it, and in a demonstration with what it sets. Comments stay."""
    # JSON writes a text as TOML does, but for one character that no name may hold.
    values = {} if name is None else {"union.name": json.dumps(name, ensure_ascii=False)}
    if is_demonstration:
        values |= _MADE_UP | ({} if has_approver else _ALONE)
    return with_values(text, values)


def founders(*, operator: str | None, approver: str | None, is_single: bool) -> list[dict[str, Any]]:
    """The first people: operator and approver, or one who is both.

    Raises: CallerFault ``founders_refused`` where two are needed and one is missing, or both are the same.
    """
    if is_single:
        if approver is not None and approver != operator:
            raise CallerFault("founders_refused", "this union is run by a single person: it has no approver besides its operator")
        return [_person(operator or "operator", "operator", "approver")]
    if operator is None or approver is None:
        missing = " and ".join(name for name, code in (("--operator", operator), ("--approver", approver)) if code is None)
        raise CallerFault("founders_refused", f"a union that is not run by a single person needs two people: {missing} is missing")
    if operator == approver:
        raise CallerFault("founders_refused", f"{operator} cannot be both: nobody approves their own acts")
    return [_person(operator, "operator"), _person(approver, "approver")]


def _person(code: str, *roles: str) -> dict[str, Any]:
    return {"code": code, "name": code, "roles": list(roles)}
