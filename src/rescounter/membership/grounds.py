"""What every check of an act of membership looks at, and how it says what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from rescounter.membership.members import Role
from rescounter.terms import Exponents, Refusal
from rescounter.terms.identity import is_bic, is_code, is_country, is_iban, is_lei, is_text, is_verifier_key
from rescounter.terms.names import TEXT_LENGTH_MAX
from rescounter.terms.refusals import UNION_REFUSALS, shown

if TYPE_CHECKING:
    from rescounter.membership.register import Register

__all__ = [
    "OF_ANY_ACT",
    "ROWS_MAX",
    "Conditions",
    "Grounds",
    "code_found",
    "details_found",
    "keys_found",
    "reason_found",
    "refused",
    "rows_of",
]

ROWS_MAX: Final = 1_000
"""Most members or limits in one act."""
OF_ANY_ACT: Final = ("approval", "decision")
"""What any act may carry: the number of the proposal, or of the decision of the council, that brought it about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What the rulebook asks of members and limits. *currencies*: none named = all of ISO 4217; *approver*: the role that approves;
    *settlement_currencies*: those of which a member may choose one to settle in; *pairs_unit*: in which short positions are added up."""

    lei_required: bool = False
    currencies: tuple[str, ...] = ()
    exponents: Exponents = field(default_factory=Exponents)
    approver: Role = Role.APPROVER
    settlement_currencies: tuple[str, ...] = ()
    pairs_unit: str = ""


@dataclass(frozen=True, slots=True)
class Grounds:
    """An act that is wanted, the register before it, and the conditions."""

    register: Register
    kind: str
    body: Mapping[str, Any]
    at_us: int
    conditions: Conditions

    @property
    def was_approved(self) -> bool:
        """True where a proposal or a decision is carried out: a date that passed while it waited counts as the instant of the act."""
        return bool(self.body.get("approval") or self.body.get("decision"))


def refused(code: str, name: str, found: object, allowed: str = "", *, row: int = 0) -> Refusal:
    """A refusal of one row of an act, row 0 where the act has but one."""
    rule = UNION_REFUSALS[code]
    return Refusal(row, shown(name), code, shown(found), allowed or rule.allowed, rule.what_to_do)


def keys_found(details: Mapping[str, Any], known: tuple[str, ...], name: str, *, row: int = 0) -> Iterator[Refusal]:
    """A refusal for each detail that is none of *known*."""
    for key in details:
        if key not in known and key not in OF_ANY_ACT:
            yield refused("detail_unknown", name, key, "one of: " + ", ".join(known), row=row)


def rows_of(body: Mapping[str, Any], key: str) -> tuple[list[Mapping[str, Any]], list[Refusal]]:
    """The rows of an act that has many, or why they cannot be looked at."""
    rows = body.get(key)
    if not isinstance(rows, list | tuple) or not all(isinstance(row, Mapping) for row in rows):
        return [], [refused("detail_missing", key, rows, f"a list of {key}")]
    if not 1 <= len(rows) <= ROWS_MAX:
        return [], [refused("rows_too_many", key, f"{len(rows)} {key}")]
    return list(rows), []


_CHECKS: Final[Mapping[str, tuple[str, Callable[[str], bool]]]] = {
    "name": ("text_malformed", lambda text: is_text(text, TEXT_LENGTH_MAX)),
    "group": ("text_malformed", lambda text: is_text(text, TEXT_LENGTH_MAX)),
    "lei": ("lei_malformed", is_lei),
    "bic": ("bic_malformed", is_bic),
    "country": ("country_unknown", is_country),
    "account": ("account_malformed", is_iban),
    "key": ("key_malformed", is_verifier_key),
}
"""For each detail that stands by itself its refusal and its test; an empty one is none."""


def details_found(details: Mapping[str, Any], name: str, *, row: int = 0) -> Iterator[Refusal]:
    """What is wrong with the details of a member or person that can be told without the register."""
    for key, (code, is_good) in _CHECKS.items():
        text = details.get(key, "")
        if not isinstance(text, str):
            yield refused("detail_missing", name, f"{key}: {text!r}", f"a text as {key}", row=row)
        elif text and not is_good(text):
            yield refused(code, name, text, row=row)


def code_found(details: Mapping[str, Any], *, row: int = 0) -> Iterator[Refusal]:
    """What is wrong with a new code."""
    code = details.get("code")
    if not isinstance(code, str):
        yield refused("detail_missing", "code", code, "a code", row=row)
    elif not is_code(code):
        yield refused("code_unusable", code, code, row=row)


def reason_found(grounds: Grounds, name: str) -> Iterator[Refusal]:
    """Whether the act gives a reason that can be printed."""
    reason = grounds.body.get("reason")
    if not isinstance(reason, str) or not reason:
        yield refused("detail_missing", name, "no reason", "a reason, which stays on record")
    elif not is_text(reason, TEXT_LENGTH_MAX):
        yield refused("text_malformed", name, reason)
