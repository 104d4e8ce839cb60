"""What votes weigh, where the voting rule weighs them: from which data of the union, and who has none.

Source: rule R16; `docs/COUNCIL.md`, section 4. `verification/weights.py` reckons the same again from an export.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from rescounter.council.named import weights_with_basic_votes
from rescounter.cycle.office import refusal
from rescounter.cycle.union import Union
from rescounter.rulebook.rules import ANYBODY, CouncilRules
from rescounter.terms import Refusal

__all__ = ["weighed"]

_SHOWN_MAX: Final = 100
_SIGNS: Final[Mapping[str, int]] = {"fund_contributed": 1, "fund_returned": -1}


def weighed(union: Union, codes: Sequence[str], *, at_us: int) -> tuple[dict[str, int], dict[str, Any], tuple[Refusal, ...]]:
    """The weight of each member, whole numbers of 1 or more, at an instant.

    Returns: weights; what they were reckoned from, for the act that opens the vote (by, currency, act of the rulebook's version, basis by
    code); why they cannot be reckoned, one refusal for each member that has nothing to weigh.
    """
    rules = union.rules(at_us).council
    basis = {code: amount for code in codes if (amount := _BASES[rules.weights](union, rules, code, at_us)) > 0}
    lacking = [code for code in codes if code not in basis][:_SHOWN_MAX]
    if lacking:
        return {}, {}, tuple(_missing(rules, code) for code in lacking)
    data = {
        "by": rules.weights,
        "currency": rules.weight_currency if rules.weights in ("quotas", "fund") else "",
        "rulebook": union.rulebook.version_at(at_us).act,
        "basis": [[code, basis[code]] for code in codes],
    }
    return weights_with_basic_votes(basis) if rules.weights == "quotas" else basis, data, ()


def _missing(rules: CouncilRules, code: str) -> Refusal:
    currency = rules.weight_currency or "no currency"
    if rules.weights == "quotas":
        return refusal("quota_missing", code, found=f"no quota in {currency}")
    if rules.weights == "fund":
        return refusal("weight_missing", code, found=f"no contribution to the guarantee fund in {currency}")
    return refusal("weight_missing", code, found=f"no weight of {code} in council.weight_table")


def _by_fund(union: Union, rules: CouncilRules, code: str, _: int) -> int:
    """What a member contributed to the guarantee fund, less what it was given back; what a loss took of it counts on."""
    moved = (act for act in union.guarantee.moved.values() if act.kind in _SIGNS)
    own = (act for act in moved if (act.body["member"], act.body["currency"]) == (code, rules.weight_currency))
    return sum(_SIGNS[act.kind] * int(act.body["amount_minor"]) for act in own)


def _by_table(_: Union, rules: CouncilRules, code: str, __: int) -> int:
    table: Mapping[str, int] = {str(member): weight for member, weight in rules.weight_table.items()}
    return table.get(code, table.get(ANYBODY, 0))


_BASES: Final[Mapping[str, Callable[[Union, CouncilRules, str, int], int]]] = {
    "equal": lambda _union, _rules, _code, _at_us: 1,
    "quotas": lambda union, rules, code, at_us: union.register.limit_of(code, rules.weight_currency, "quota", at_us) or 0,
    "table": _by_table,
    "fund": _by_fund,
}
