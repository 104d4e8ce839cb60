"""The weights of an exported vote, reckoned again: from the rulebook, the quotas and the contributions whose records the export brings.

What is reckoned here shares nothing with what reckoned first. Source: rule R16; `docs/COUNCIL.md`, sections 4 and 7.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

from rescounter.verification.records import faults_of_records
from rescounter.verification.verdict import Finding

__all__ = ["faults_of_weights", "told_of_weights"]

_CHECK: Final = "weights"
_BASIC: Final = Fraction(5502, 100_000)
"""Part of all votes that are equal for all members (R16)."""
_RULES: Final = {"weights": "quotas", "weight_currency": "", "weight_table": {}}
_MONEY: Final = {"fund_contributed": 1, "fund_returned": -1}


def faults_of_weights(vote: Mapping[str, Any], opened: tuple[Any, Any], rule: Mapping[str, Any], verifier: str | None) -> Iterator[Finding]:
    """Everything that is wrong with the weights of the electorate. Args: *opened*: record and body of the act that opened the vote."""
    weights = {code: weight for code, weight, _ in opened[1]["electorate"]}
    told = opened[1].get("weighed")
    if rule["base"] != "weight" or told is None:
        for code, weight in weights.items():
            if rule["base"] != "weight" and weight != 1:
                yield Finding(_CHECK, code, str(weight), "1, since the voting rule counts heads")
        return
    found = list(faults_of_records({**vote, "records": vote["sources"]}, verifier, check=_CHECK))
    yield from found
    if found:
        return
    sources = [(record, json.loads(record["body"])) for record in vote["sources"] if record["number"] < opened[0]["number"]]
    yield from _rules_faults(told, sources)
    basis = dict(told["basis"])
    if list(basis) != list(weights):
        yield Finding(_CHECK, "members", ", ".join(basis), ", ".join(weights))
        return
    for code, amount in _basis(told, sources, list(weights), opened[1]["reckoned_at_us"]).items():
        if basis[code] != amount and not _was_restored(told, sources, code, basis[code]):
            yield Finding(_CHECK, f"basis of {code}", str(basis[code]), str(amount))
    for code, weight in _weights(told["by"], basis).items():
        if weights[code] != weight:
            yield Finding(_CHECK, code, str(weights[code]), str(weight))


def told_of_weights(vote: Mapping[str, Any], opened: Mapping[str, Any], rule: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """What a sound export proves of the weights, and what it does not."""
    if rule["base"] != "weight":
        return [], []
    told = opened.get("weighed")
    if told is None:
        return [], ["that the weights are those of the quotas: this vote was opened by a release that did not record from what it weighed"]
    proven = (
        f"the weights of {len(told['basis'])} members are reckoned anew ({told['by']}{' in ' * bool(told['currency'])}{told['currency']})"
    )
    not_proven = ["that no quota, contribution or version of the rulebook was kept off the records of which votes are weighed"]
    sources = [(record, json.loads(record["body"])) for record in vote["sources"]]
    latest = _basis(told, sources, [code for code, _ in told["basis"]], opened["reckoned_at_us"])
    restored = [code for code, amount in told["basis"] if latest[code] != amount]
    if restored:
        not_proven.append(f"that a dispute restored the earlier quota of {', '.join(restored)}: see rescounter dispute export")
    return [proven], not_proven


def _rules_faults(told: Mapping[str, Any], sources: list[tuple[Any, Any]]) -> Iterator[Finding]:
    """Whether the rulebook weighs votes like this."""
    texts = [body for record, body in sources if record["number"] == told["rulebook"] and record["kind"] in ("founded", "rulebook_changed")]
    if not texts:
        yield Finding(_CHECK, "rulebook", "no record of it", f"record {told['rulebook']}, which holds its text")
        return
    rules = _council(texts[0])
    wanted = rules["weights"], rules["weight_currency"] if rules["weights"] in ("quotas", "fund") else ""
    if (told["by"], told["currency"]) != wanted:
        yield Finding(_CHECK, "by", f"{told['by']} {told['currency']}".strip(), " ".join(wanted).strip())


def _council(body: Mapping[str, Any]) -> dict[str, Any]:
    """The rules of a recorded text that weigh votes; what it leaves out is as it was frozen, else as this format began."""
    written = tomllib.loads(body["text"]).get("council", {})
    defaults = body.get("frozen", {}).get("defaults", {})
    frozen = {key: tomllib.loads(f"value = {defaults[name]}")["value"] for key in _RULES if (name := f"council.{key}") in defaults}
    return {key: written.get(key, frozen.get(key, first)) for key, first in _RULES.items()}


def _basis(told: Mapping[str, Any], sources: list[tuple[Any, Any]], codes: list[str], at_us: int) -> dict[str, int]:
    """What each member has to weigh, from the records alone."""
    if told["by"] == "equal":
        return dict.fromkeys(codes, 1)
    if told["by"] == "table":
        texts = (body for record, body in sources if record["number"] == told["rulebook"])
        table: Mapping[str, int] = next((_council(body)["weight_table"] for body in texts), {})
        return {code: table.get(code, table.get("*", 0)) for code in codes}
    found = dict.fromkeys(codes, 0)
    for record, body in sources:
        if told["by"] == "fund" and record["kind"] in _MONEY and body["currency"] == told["currency"] and body["member"] in found:
            found[body["member"]] += _MONEY[record["kind"]] * body["amount_minor"]
        if told["by"] == "quotas":
            for code, amount, starts in _quotas(record, body, told["currency"]):
                found |= {code: amount} if code in found and starts <= at_us else {}
    return found


def _quotas(record: Mapping[str, Any], body: Mapping[str, Any], currency: str) -> Iterator[tuple[str, int, int]]:
    for each in body["limits"] if record["kind"] == "limits_set" else ():
        if each["kind"] == "quota" and each["currency"] == currency:
            yield each["member"], each["amount_minor"], max(each.get("from_us") or 0, record["at_us"])


def _was_restored(told: Mapping[str, Any], sources: list[tuple[Any, Any]], code: str, amount: int) -> bool:
    """True for a quota that the member had before: a dispute may have restored it, by its clock and without an act."""
    earlier = (found for record, body in sources for found in _quotas(record, body, told["currency"]))
    return told["by"] == "quotas" and any((member, before) == (code, amount) for member, before, _ in earlier)


def _weights(by: str, basis: Mapping[str, int]) -> dict[str, int]:
    """Whole numbers in the proportion of the votes; of quotas, equal basic votes come to 5.502 % of all."""
    if by != "quotas":
        return dict(basis)
    each = Fraction(sum(basis.values())) * _BASIC / (1 - _BASIC) / len(basis)
    whole = (1 - _BASIC).numerator * (_BASIC.denominator // (1 - _BASIC).denominator) * len(basis)
    return {code: int((amount + each) * whole) for code, amount in basis.items()}
