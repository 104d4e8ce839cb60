"""Layers of the guarantee as a rulebook writes them: a word, and of calls how many contributions may be called.

``"survivor_funds"``, ``"assessment_calls 1"``, ``"assessment_calls 0.5"``. What the words do is told by `guarantee.layers`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

__all__ = ["LAYER_WORDS", "guarantee_misfits", "read_layer"]

LAYER_WORDS: Final = (
    "defaulter_collateral",
    "defaulter_fund",
    "operator_capital",
    "survivor_funds",
    "assessment_calls",
    "residual_to_counterparties_by_exposure",
    "fund",
    "creditors",
)
_CALLS: Final = "assessment_calls"
_SHARED: Final = (("operator_capital", "fund"), ("residual_to_counterparties_by_exposure", "creditors"))
"""Pairs of layers that stand on the same resource, so that a waterfall has one of them at most."""
_MULTIPLE: Final = re.compile(r"\d{1,3}(\.\d{1,4})?")
_RULE: Final = "guarantee.layers"


def read_layer(text: str) -> tuple[str, Fraction] | None:
    """Word and multiple of a layer, 1 where none is named; None where it is no layer. Only calls have a multiple."""
    word, _, multiple = text.partition(" ")
    if word not in LAYER_WORDS or (multiple and (word != _CALLS or not _MULTIPLE.fullmatch(multiple))):
        return None
    return word, Fraction(multiple or 1)


def guarantee_misfits(values: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Where the layers contradict each other: rule, code, found, allowed. Args: *values* by rule id."""
    texts = values.get(_RULE) or ()
    read = [(text, read_layer(text)) for text in texts]
    for text, layer in read:
        if layer is None:
            yield (
                _RULE,
                "layer_unknown",
                text,
                "one of: " + ", ".join(LAYER_WORDS) + '; calls with a multiple, such as "assessment_calls 1"',
            )
    words = [layer[0] for _, layer in read if layer is not None]
    for word in sorted({each for each in words if words.count(each) > 1}):
        yield _RULE, "layers_do_not_fit", f"{word}, {words.count(word)} times", "each layer once"
    for one, other in _SHARED:
        if one in words and other in words:
            yield _RULE, "layers_do_not_fit", f"{one} and {other}", "one of the two: they stand on the same resource"
    if values.get("guarantee.fund_threshold") and "fund" not in words:
        yield "guarantee.fund_threshold", "layers_do_not_fit", "a threshold", "none, since guarantee.layers has no layer fund"
