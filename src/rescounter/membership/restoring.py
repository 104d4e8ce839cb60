"""What stood before a measure, as plain data, and the register once it has returned.

A measure is an act that set limits, suspended a member, or lifted a suspension. What was changed again since stays as it is: only
what the measure itself left behind is undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from rescounter.membership.limits import limit_at
from rescounter.membership.members import Standing
from rescounter.membership.register import Register
from rescounter.terms.acts import Act

__all__ = ["MEASURES", "before_measure", "restored"]

MEASURES: Final = ("limits_set", "member_suspended", "member_reinstated")
"""Kinds of acts that are a measure."""
_LEFT_BEHIND: Final = {"member_suspended": (Standing.SUSPENDED, "reinstated"), "member_reinstated": (Standing.ACTIVE, "suspended")}


def before_measure(register: Register, measure: Act) -> dict[str, Any]:
    """What stood before a measure, as the register after it tells; a limit that was not there before stood at zero.

    Returns: *limits* (member, currency, kind, amount_minor before, measure_minor that the measure set), or *code* and *returns*
    (suspended or reinstated); empty where nothing of the measure is left.
    """
    if measure.kind != "limits_set":
        return {"code": measure.body["code"], "returns": _LEFT_BEHIND[measure.kind][1]}
    found = []
    for each in measure.body["limits"]:
        steps = register.steps.find((each["member"], each["currency"], each["kind"])) or ()
        start = max(each.get("from_us") or measure.at_us, measure.at_us)
        if (start, each["amount_minor"]) in steps:
            names = {name: each[name] for name in ("member", "currency", "kind")}
            before = limit_at(steps, start - 1) or 0
            found.append({**names, "amount_minor": before, "measure_minor": each["amount_minor"], "from_us": start})
    return {"limits": found} if found else {}


def restored(register: Register, before: Mapping[str, Any], *, at_us: int) -> Register:
    """The register once *before* (`before_measure`) has returned at an instant. Law: what held before that instant stays."""
    if "code" in before:
        return _standing(register, before, at_us)
    changed = {}
    for each in before.get("limits", ()):
        key, start = (each["member"], each["currency"], each["kind"]), max(at_us, each["from_us"])
        steps = register.steps.find(key) or ()
        then = [step for step in steps if step[0] <= start]
        if then and then[-1] == (each["from_us"], each["measure_minor"]):
            earlier, later = (step for step in then if step[0] < start), (step for step in steps if step[0] > start)
            changed[key] = (*earlier, (start, each["amount_minor"]), *later)
    return replace(register, steps=register.steps.changed(changed)) if changed else register


def _standing(register: Register, before: Mapping[str, Any], at_us: int) -> Register:
    member = register.by_code.find(before["code"])
    is_back = before["returns"] == "suspended"
    left = (Standing.ACTIVE, Standing.LEAVING) if is_back else (Standing.SUSPENDED,)
    if member is None or member.standing not in left:
        return register
    runs_off = Standing.ACTIVE if member.leaves_at_us is None else Standing.LEAVING
    changed = replace(member, standing=Standing.SUSPENDED if is_back else runs_off, returned=(at_us, member.standing))
    return replace(register, by_code=register.by_code.changed({member.code: changed}))
