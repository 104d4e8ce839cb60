"""The waterfall that a rulebook writes, as layers of one currency."""

from __future__ import annotations

from rescounter.guarantee.layers import Kind, Layer
from rescounter.rulebook.guarantee_texts import read_layer
from rescounter.rulebook.rules import GuaranteeRules
from rescounter.terms import there

__all__ = ["layers_of"]


def layers_of(rules: GuaranteeRules, currency: str) -> tuple[Layer, ...]:
    """The layers in their order. Law: the texts were checked before the rulebook came into force."""
    return tuple(_layer(text, rules, currency) for text in rules.layers)


def _layer(text: str, rules: GuaranteeRules, currency: str) -> Layer:
    word, multiple = there(read_layer(text), "layers_were_checked", text=text)
    limit = rules.fund_threshold_minor.get(currency) if word == Kind.UNION_FUND else None
    return Layer(kind=Kind(word), limit_minor=limit, call_multiple=multiple)
