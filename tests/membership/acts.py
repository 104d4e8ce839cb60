"""Acts of membership in short, and a naive model of the register: the whole history, scanned at each question."""

from __future__ import annotations

from typing import Any

from rescounter.membership.register import Register
from rescounter.terms.acts import Act


def acts_of(*steps: tuple[int, str, dict[str, Any]]) -> list[Act]:
    """Acts in order: at which instant, which kind, which body."""
    return [Act(number=number, at_us=at_us, by="op", kind=kind, body=body) for number, (at_us, kind, body) in enumerate(steps, 1)]


def register_of(*steps: tuple[int, str, dict[str, Any]]) -> Register:
    """The register that these acts come to."""
    register = Register()
    for act in acts_of(*steps):
        register = register.after(act)
    return register


def joined(at_us: int, *codes: str, **details: str) -> tuple[int, str, dict[str, Any]]:
    """Members join, all with the same details."""
    return at_us, "members_joined", {"members": [{"code": code, "name": code.title(), **details} for code in codes]}


def limit(member: str, amount_minor: int, from_us: int | None = None, kind: str = "net_debit_cap", currency: str = "EUR") -> dict[str, Any]:
    """One row of `limits_set`."""
    row = {"member": member, "currency": currency, "kind": kind, "amount_minor": amount_minor}
    return row if from_us is None else {**row, "from_us": from_us}


def person(code: str, *roles: str, member: str = "") -> dict[str, Any]:
    """The body of `person_added`."""
    return {"code": code, "name": code.title(), "roles": list(roles), "member": member}
