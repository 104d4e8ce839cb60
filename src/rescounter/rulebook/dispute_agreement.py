"""Whether the rules of disputes agree with each other; what a template of the union's own says is asked by whoever has a text
read that is handed in (`cycle/rule_texts.py`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rescounter.rulebook.rules import DISPUTE_TEMPLATES
from rescounter.terms.names import closest

__all__ = ["dispute_misfits"]


def dispute_misfits(values: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Rule, code, what was found and what is allowed, for each. Args: *values* by rule id; a rule without a value is passed over."""
    known = (*DISPUTE_TEMPLATES, *(values.get("disputes.own") or ()))
    for name in values.get("disputes.allowed") or ():
        if name not in known:
            yield "disputes.allowed", "choice_unknown", name, "one of: " + ", ".join(known) + closest(name, known)
    template, allowed = values.get("disputes.template"), values.get("disputes.allowed")
    if template is not None and allowed is not None and template not in allowed:
        yield "disputes.template", "choice_unknown", template, "one of disputes.allowed: " + ", ".join(allowed)
