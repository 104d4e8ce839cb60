#!/usr/bin/env python3
"""Check the bundle that a member was given of a clearing result. Nothing but Python 3.9 is needed.

    python verify.py bundle.json [--root HEX]

A bundle holds one member's own obligations and cash, the potentials of that member and its counterparties,
and proofs that all of them stand under one published ``result_root``. This file shares no code with
the programs that made it; what is checked and why it suffices: `docs/CERTIFICATE.md`, sections 1 to 4.

Exit codes: 0 the bundle is sound, 1 something is wrong (each finding is printed), 2 no readable file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from bisect import bisect_left
from collections import defaultdict, namedtuple
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, NamedTuple

__all__ = ["Cash", "Finding", "Obligation", "Potential", "Report", "check", "main"]

FORMAT = "rescounter-bundle/1"
METHODS = ("set-off", "net", "set-off-then-net")
RULES = ("oldest", "pro-rata")
EXCLUDED = "indivisible below_minimum not_yet_due exempt_class related netting_forbidden disputed held suspended unpaired"
EXCLUSIONS = tuple(EXCLUDED.split())
INT64_MAX = 2**63 - 1
SHOWN_MAX, SHOWN_LENGTH_MAX = 20, 80
SUMS = "owes_minor is_owed_minor net_minor cleared_minor owes_after_minor is_owed_after_minor"
NETTING_SUMS = "pay_in_minor pay_out_minor"
CASH_SUMS = "cleared_claims_minor injected_minor loan_minor received_minor"
FUND, CASH = "*", "**"
TREES = ("potentials", "obligations", "liquidity")


class Finding(NamedTuple):
    """One thing that is wrong: which check saw it, where, what stands there, what should."""

    check: str
    where: str
    found: str
    expected: str


class Report(NamedTuple):
    """All findings at once; *proven* is empty as soon as anything is wrong."""

    findings: list[Finding]
    proven: list[str]
    not_proven: list[str]


# One leaf of each tree; an empty cell is an empty text.
Obligation = namedtuple(
    "Obligation", "index salt id debtor creditor currency amount_minor cleared_minor replaced_minor due kind weight excluded reference"
)
Potential = namedtuple("Potential", "index salt currency member potential")
Cash = namedtuple("Cash", "index salt currency member available_minor injected_minor loan_minor received_minor")
NO_CASH = Cash(0, "", "", "", 0, 0, 0, 0)


def check(bundle: object, root: str | None = None) -> Report:
    """All findings of a bundle, of whatever shape it is.

    Args: *bundle*: the parsed JSON. *root*: the result_root to compare with, or None.
    """
    findings = list(_check_shape(bundle))
    if findings or not isinstance(bundle, dict):
        return Report(findings, [], ["anything: the bundle cannot be read"])
    obligations = [Obligation(**{"kind" if name == "class" else name: row[name] for name in row}) for row in bundle["obligations"]]
    potentials, cash = [Potential(**row) for row in bundle["potentials"]], [Cash(**row) for row in bundle["liquidity"]]
    for checked in (
        _check_roots(bundle, root),
        _check_order(obligations, potentials, cash),
        _check_tree("obligations", bundle, [(row.index, _obligation_leaf(row)) for row in obligations]),
        _check_tree("potentials", bundle, [(row.index, _leaf(row.salt, *row[2:])) for row in potentials]),
        _check_tree("liquidity", bundle, [(row.index, _leaf(row.salt, *row[2:])) for row in cash]),
        _check_rows(obligations, bundle["member"], bundle["method"]),
        _check_cash(cash, obligations, bundle["member"]),
        _check_conservation(obligations, cash, bundle["member"]),
        _check_allocation(obligations, bundle["allocation"]),
        _check_potentials(obligations, potentials, cash, bundle["method"]),
        _check_members(obligations, cash, bundle),
    ):
        findings.extend(checked)
    if findings:
        return Report(findings, [], ["anything: see what is wrong"])
    return Report([], [_proven(bundle, obligations)], _not_proven(cash))


def _proven(bundle: dict[str, Any], obligations: list[Obligation]) -> str:
    counterparties = {party for row in obligations for party in (row.debtor, row.creditor)} - {bundle["member"]}
    fitting = "the potentials fit every edge: if all bundles are sound under this root, nothing more can be cleared"
    return (
        f"{shown(bundle['member'])}: your {len(obligations)} obligations with {len(counterparties)} counterparties stand under "
        f"the result_root; each is within its bounds and has what rule {bundle['allocation']} gives it; you clear as much as "
        f"debtor as you clear as creditor{', but for the cash that you drew or received' if bundle['liquidity'] else ''}; "
        + ("nothing was set off" if bundle["method"] == "net" else fitting)
    )


def _not_proven(cash: list[Cash]) -> list[str]:
    return [
        *(["that your counterparties were told of cash in the same currencies, and that all that was received was drawn"] if cash else []),
        "that your counterparties hold the same result_root: compare it with them, or with the one that the union published",
        "that no obligation of yours was left out: compare with your books",
        "that no row stands twice: compare the index of an obligation and of a potential with your counterparties",
        "that the obligations of others are sound: their bundles show that, or the operator's full verification",
    ]


def _is_due(value: object) -> bool:
    if not _matching("([0-9]{4}-[0-9]{2}-[0-9]{2})?")(value):
        return False
    try:
        return value == "" or date.fromisoformat(str(value)) is not None
    except ValueError:
        return False


def _matching(pattern: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _one_of(*allowed: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and value in allowed


def _from(least: int) -> Callable[[object], bool]:
    return lambda value: type(value) is int and least <= value <= INT64_MAX


_is_hash = _matching("[0-9a-f]{64}")
_is_cell = _matching(r"[^\ud800-\udfff]*")  # a half of a surrogate pair is no character
_is_text = _matching(r"[^\ud800-\udfff]+")

_Kinds = dict[str, tuple[str, Callable[[object], bool]]]
"""What each field of an object may hold, in words and as a function."""


def _kinds(names: str, words: str, fits: Callable[[object], bool]) -> _Kinds:
    return dict.fromkeys(names.split(), (words, fits))


_BUNDLE: _Kinds = {
    **_kinds("format", FORMAT, _one_of(FORMAT)),
    **_kinds("method", " or ".join(METHODS), _one_of(*METHODS)),
    **_kinds("allocation", " or ".join(RULES), _one_of(*RULES)),
    **_kinds("version member", "a text", _is_text),
    **_kinds("input_digest", "sha256: and 64 hexadecimal digits", _matching("sha256:[0-9a-f]{64}")),
    **_kinds("potentials_root obligations_root liquidity_root result_root", "64 hexadecimal digits", _is_hash),
    **_kinds("obligations_count potentials_count liquidity_count", "a whole number from 0", _from(0)),
    **_kinds(" ".join(f"{tree} {tree}_proof" for tree in TREES) + " members", "a list", lambda value: isinstance(value, list)),
}
_SALT = _kinds("salt", "32 hexadecimal digits", _matching("[0-9a-f]{32}"))
_OBLIGATION: _Kinds = {
    **_SALT,
    **_kinds("id debtor creditor currency", "a text", _is_text),
    **_kinds("index amount_minor cleared_minor replaced_minor", "a whole number from 0 that fits 64 bits", _from(0)),
    **_kinds("due", "a date such as 2026-03-31, or an empty text", _is_due),
    **_kinds("excluded", f"{', '.join(EXCLUSIONS)} or an empty text", _one_of("", *EXCLUSIONS)),
    **_kinds("class reference", "a text", _is_cell),
    **_kinds("weight", "a whole number from 1 to 100", lambda value: type(value) is int and 1 <= value <= 100),
}
_NAMED: _Kinds = _kinds("member currency", "a text", _is_text)
_POTENTIAL: _Kinds = {**_SALT, **_NAMED, **_kinds("index potential", "a whole number from 0 that fits 64 bits", _from(0))}
_CASH_NUMBERS = "index available_minor injected_minor loan_minor received_minor"
_CASH: _Kinds = {**_SALT, **_NAMED, **_kinds(_CASH_NUMBERS, "a whole number from 0 that fits 64 bits", _from(0))}


def _check_shape(bundle: object) -> Iterator[Finding]:
    findings = list(_check_object("bundle", bundle, _BUNDLE))
    yield from findings
    if findings or not isinstance(bundle, dict):
        return
    sums = f"{SUMS} {'' if bundle['method'] == 'set-off' else NETTING_SUMS} {CASH_SUMS if bundle['liquidity_count'] else ''}"
    member_row = {**_NAMED, **_kinds(sums, "a whole number that fits 64 bits", _from(-INT64_MAX))}
    for part, kinds in (("obligations", _OBLIGATION), ("potentials", _POTENTIAL), ("liquidity", _CASH), ("members", member_row)):
        for place, row in enumerate(bundle[part]):
            yield from _check_object(f"{part}[{place}]", row, kinds)
    for tree in TREES:
        for place, node in enumerate(bundle[f"{tree}_proof"]):
            if not _is_hash(node):
                yield Finding("shape", f"{tree}_proof[{place}]", shown(node), "64 hexadecimal digits")


def _check_object(where: str, found: object, kinds: _Kinds) -> Iterator[Finding]:
    if not isinstance(found, dict):
        yield Finding("shape", where, type(found).__name__, "an object")
        return
    for name in found:
        if name not in kinds:
            yield Finding("shape", where, f"a field {shown(name)}", "no such field")
    for name, (words, fits) in kinds.items():
        if name not in found:
            yield Finding("shape", f"{where}.{name}", "nothing", words)
        elif not fits(found[name]):
            yield Finding("shape", f"{where}.{name}", shown(found[name]), words)


def _field(value: object) -> bytes:
    content = str(value).encode()
    return b"%d:%s" % (len(content), content)


def _leaf(salt: str, *values: object) -> bytes:
    return hashlib.sha256(b"\x00" + bytes.fromhex(salt) + b"".join(map(_field, values))).digest()


def _obligation_leaf(row: Obligation) -> bytes:
    parties = (row.id, row.debtor, row.creditor, row.currency, row.amount_minor, row.due, row.kind, row.weight, row.reference)
    return _leaf(row.salt, *parties, row.cleared_minor, row.replaced_minor, row.excluded)


_UNDER_THE_ROOT = ("method", "allocation", "input_digest", *(f"{tree}_{what}" for tree in TREES for what in ("count", "root")))


def _check_roots(bundle: dict[str, Any], root: str | None) -> Iterator[Finding]:
    result_root = hashlib.sha256(b"rescounter/result/1\n" + b"".join(_field(bundle[name]) for name in _UNDER_THE_ROOT)).hexdigest()
    if bundle["result_root"] != result_root:
        yield Finding("roots", "result_root", bundle["result_root"], f"{result_root}, as what the bundle states gives")
    if root is not None and bundle["result_root"] != root.strip().lower():
        yield Finding("roots", "result_root", bundle["result_root"], f"{shown(root.strip())}, as you named it")


def _check_tree(tree: str, bundle: dict[str, Any], leaves: list[tuple[int, bytes]]) -> Iterator[Finding]:
    """The leaves and the proof give the root. Leaves out of order are told by `_check_order`."""
    indices = [index for index, _ in leaves]
    count = bundle[tree + "_count"]
    beyond = [index for index in indices if index >= count]
    if beyond:
        yield Finding("proof", f"{tree}, index {beyond[0]}", "this index", f"below the count {count}")
    elif indices == sorted(set(indices)):
        proof = [bytes.fromhex(node) for node in bundle[tree + "_proof"]]
        found = _rebuilt([leaf for _, leaf in leaves], indices, count, proof)
        if found != bundle[tree + "_root"]:
            yield Finding("proof", tree, found, f"{bundle[tree + '_root']}, the {tree}_root")


def _rebuilt(leaves: list[bytes], indices: list[int], count: int, proof: list[bytes]) -> str:
    """The root in hexadecimal digits, or why there is none.

    A subtree without a known leaf takes the next hash of the proof; a known leaf is itself; anything
    else splits at the largest power of two below its size (RFC 9162, 2.1.1).
    """
    rest = iter(proof)

    def subtree(start: int, end: int) -> bytes:
        first = bisect_left(indices, start)
        if first == len(indices) or indices[first] >= end:
            return next(rest)
        if end - start == 1:
            return leaves[first]
        middle = start + (1 << ((end - start - 1).bit_length() - 1))
        left = subtree(start, middle)
        return hashlib.sha256(b"\x01" + left + subtree(middle, end)).digest()

    try:
        root = subtree(0, count) if count else hashlib.sha256().digest()
    except StopIteration:
        return "a proof with too few hashes"
    return "a proof with too many hashes" if next(rest, None) is not None else root.hex()


def _place_of(row: Obligation) -> tuple[object, ...]:
    digits = row.id.isascii() and row.id.isdigit()
    return (row.currency, row.debtor, row.creditor, -row.weight, row.due == "", row.due, not digits, len(row.id) * digits, row.id)


def _check_order(obligations: list[Obligation], potentials: list[Potential], cash: list[Cash]) -> Iterator[Finding]:
    """Indices and rows ascend together, no id and no potential stands twice, no row of the middle is missing."""
    seen: set[str] = set()
    for row in obligations:
        if row.id in seen:
            yield Finding("order", _name(row), "the same id again", "each obligation once")
        seen.add(row.id)
    for before, row in _neighbours(obligations):
        if row.index <= before.index or _place_of(row) <= _place_of(before):
            yield Finding("order", _name(row), f"behind {_name(before)}", "the canonical order of rows")
    for what, named in (("potential", potentials), ("cash", cash)):
        for earlier, later in _neighbours(named):
            if later.index <= earlier.index or (later.currency, later.member) <= (earlier.currency, earlier.member):
                yield Finding(
                    "order", f"{what} of {shown(later.member)}", f"behind {shown(earlier.member)}", "order of currency and member"
                )


def _neighbours(rows: list[Any]) -> Iterator[tuple[Any, Any]]:
    return ((rows[place - 1], rows[place]) for place in range(1, len(rows)))


def _check_rows(obligations: list[Obligation], member: str, method: str) -> Iterator[Finding]:
    if not obligations:
        yield Finding("rows", "obligations", "none", "the obligations of the member")
    for row in obligations:
        for wrong, found, expected in _faults(row, member, method):
            if wrong:
                yield Finding("rows", _name(row), found, expected)
    for before, row in _neighbours(obligations):
        # In canonical order all that a member owes in a currency stands together, and so does each pair.
        together = (
            before.currency == row.currency and before.debtor == row.debtor and (row.debtor == member or before.creditor == row.creditor)
        )
        if together and row.index > before.index + 1:
            yield Finding("gap", _name(row), f"index {row.index} behind {before.index}", "the rows between, which must be yours as well")


def _faults(row: Obligation, member: str, method: str) -> Iterator[tuple[bool, str, str]]:
    residual = row.amount_minor - row.cleared_minor
    replaced = residual if method != "set-off" and not row.excluded else 0
    yield member not in (row.debtor, row.creditor), f"{shown(row.debtor)} to {shown(row.creditor)}", f"{shown(member)} on one side"
    yield row.debtor == row.creditor, "one member on both sides", "two members"
    yield row.amount_minor == 0, "amount 0", "1 or more"
    yield residual < 0, f"cleared {row.cleared_minor}", f"0 to {row.amount_minor}"
    yield row.cleared_minor != 0 and row.excluded != "", f"cleared {row.cleared_minor}", f"0, as it is {row.excluded}"
    yield row.cleared_minor != 0 and method == "net", f"cleared {row.cleared_minor}", "0 by method net"
    yield row.replaced_minor != replaced, f"replaced {row.replaced_minor}", f"{replaced} by method {method}"


def _check_cash(cash: list[Cash], obligations: list[Obligation], member: str) -> Iterator[Finding]:
    for row in cash:
        drawn = row.injected_minor + row.loan_minor
        for wrong, found, expected in (
            (row.member != member, f"of {shown(row.member)}", f"of {shown(member)}"),
            (row.currency not in {each.currency for each in obligations}, "a row", "none: no obligation calls for it"),
            (row.injected_minor > row.available_minor, f"injected {row.injected_minor}", f"at most {row.available_minor}"),
            (drawn > 0 and row.received_minor > 0, f"drew {drawn} and received {row.received_minor}", "one of the two"),
        ):
            if wrong:
                yield Finding("cash", shown(row.currency), found, expected)


def _check_conservation(obligations: list[Obligation], cash: list[Cash], member: str) -> Iterator[Finding]:
    for currency in sorted({row.currency for row in obligations}):
        own = {row.currency: row for row in cash}.get(currency, NO_CASH)
        paid = sum(row.cleared_minor for row in obligations if row.currency == currency and row.debtor == member)
        claims = sum(row.cleared_minor for row in obligations if row.currency == currency and row.creditor == member)
        drawn = own.injected_minor + own.loan_minor
        if paid + own.received_minor != claims + drawn:
            told = (f", received {own.received_minor}", f", drew {drawn}") if any(own[4:]) else ("", "")
            yield Finding(
                "conservation", shown(currency), f"cleared {paid} as debtor{told[0]}", f"{claims}, as cleared as creditor{told[1]}"
            )


def _edges(obligations: list[Obligation]) -> dict[tuple[str, str, str, int], list[Obligation]]:
    """The included obligations of each currency, debtor, creditor and weight, in row order."""
    edges: dict[tuple[str, str, str, int], list[Obligation]] = defaultdict(list)
    for row in obligations:
        if row.excluded == "":
            edges[row.currency, row.debtor, row.creditor, row.weight].append(row)
    return edges


def _check_allocation(obligations: list[Obligation], rule: str) -> Iterator[Finding]:
    for rows in _edges(obligations).values():
        shares = (_oldest if rule == "oldest" else _pro_rata)([row.amount_minor for row in rows], sum(row.cleared_minor for row in rows))
        for place, row in enumerate(rows):
            if row.cleared_minor != shares[place]:
                yield Finding("allocation", _name(row), f"cleared {row.cleared_minor}", f"{shares[place]} by rule {rule}")


def _oldest(amounts: list[int], cleared: int) -> list[int]:
    shares = []
    for amount in amounts:
        shares.append(min(amount, cleared))
        cleared -= shares[-1]
    return shares


def _pro_rata(amounts: list[int], cleared: int) -> list[int]:
    total = sum(amounts)
    if total == 0:  # amounts of 0 were told by `_check_rows`
        return amounts
    parts = [divmod(cleared * amount, total) for amount in amounts]
    shares = [whole for whole, _ in parts]
    for place in sorted(range(len(parts)), key=lambda place: -parts[place][1])[: cleared - sum(shares)]:
        shares[place] += 1
    return shares


def _check_potentials(obligations: list[Obligation], potentials: list[Potential], cash: list[Cash], method: str) -> Iterator[Finding]:
    """The potentials are those of the member, its counterparties and cash, and hold on each arc that touches the member."""
    known, units = {(row.currency, row.member): row.potential for row in potentials}, {row.currency: 3 for row in cash}
    needed = {(row.currency, party) for row in obligations for party in (row.debtor, row.creditor)} if method != "net" else set()
    needed |= {(row.currency, name) for row in cash for name in (FUND, CASH)}
    for currency, party in sorted(needed - set(known)):
        yield Finding("potentials", f"{shown(party)} in {shown(currency)}", "no potential", "one for each party of an obligation")
    for currency, party in sorted(set(known) - needed):
        yield Finding("potentials", f"{shown(party)} in {shown(currency)}", "a potential", "none: no obligation calls for it")
    arcs: list[tuple[str, str, str, int, int, int, str]] = []
    for (currency, debtor, creditor, weight), rows in _edges(obligations).items():
        amount, cleared = sum(row.amount_minor for row in rows), sum(row.cleared_minor for row in rows)
        arcs.append((currency, debtor, creditor, weight * units.get(currency, 1), cleared, amount, "cleared"))
    for row in cash:  # a loan and a receipt have no limit; the fund's total is not told here, but a loan shows that it lent
        arcs.append((row.currency, CASH, row.member, -1, row.injected_minor, row.available_minor, "injected"))
        arcs.append((row.currency, FUND, row.member, 0, row.loan_minor, INT64_MAX, "lent"))
        arcs.append((row.currency, row.member, CASH, 0, row.received_minor, INT64_MAX, "received"))
        arcs.append((row.currency, CASH, FUND, -2, row.loan_minor, row.loan_minor, "lent"))
    for currency, tail, head, gain, flow, room, what in arcs:
        if (currency, tail) in known and (currency, head) in known:
            profit = gain - known[currency, tail] + known[currency, head]
            if (profit > 0 and flow < room) or (profit < 0 and flow > 0):
                expected = "0" if profit < 0 else "more" if room == INT64_MAX else str(room)
                yield Finding("slackness", f"{shown(tail)} to {shown(head)}", f"{what} {flow} at profit {profit}", f"{expected} {what}")


def _check_members(obligations: list[Obligation], cash: list[Cash], bundle: dict[str, Any]) -> Iterator[Finding]:
    """The member's rows of the members table are the sums of its obligations."""
    expected = [_sums(obligations, cash, bundle, currency) for currency in sorted({row.currency for row in obligations})]
    found = bundle["members"]
    names = [" ".join(str(row["currency"]) for row in rows) for rows in (found, expected)]
    if names[0] != names[1] or len(found) != len(expected):
        yield Finding("members", "rows", shown(names[0]), shown(names[1]))
        return
    for place, row in enumerate(found):
        for name, value in expected[place].items():
            if row[name] != value:
                yield Finding("members", f"{shown(row['currency'])}, {name}", shown(row[name]), shown(value))


def _sums(obligations: list[Obligation], cash: list[Cash], bundle: dict[str, Any], currency: str) -> dict[str, object]:
    owed = [row for row in obligations if row.currency == currency and row.debtor == bundle["member"]]
    due = [row for row in obligations if row.currency == currency and row.creditor == bundle["member"]]
    owes, is_owed = sum(row.amount_minor for row in owed), sum(row.amount_minor for row in due)
    cleared, claims = sum(row.cleared_minor for row in owed), sum(row.cleared_minor for row in due)
    position = sum(row.replaced_minor for row in due) - sum(row.replaced_minor for row in owed)
    names, values = SUMS.split(), [owes, is_owed, is_owed - owes, cleared, owes - cleared, is_owed - claims]
    if bundle["method"] != "set-off":
        names, values = names + NETTING_SUMS.split(), [*values, max(0, -position), max(0, position)]
    if bundle["liquidity_count"]:
        names, values = names + CASH_SUMS.split(), [*values, claims, *{row.currency: row for row in cash}.get(currency, NO_CASH)[5:]]
    return {"member": bundle["member"], "currency": currency, **{name: values[place] for place, name in enumerate(names)}}


def shown(value: object) -> str:
    """A value as it may be printed: nothing invisible, at most 80 characters."""
    if value == "":
        return "(empty)"
    if isinstance(value, str):
        text = "".join(character if character.isprintable() else ascii(character)[1:-1] for character in value[:SHOWN_LENGTH_MAX])
        return text if len(value) <= SHOWN_LENGTH_MAX else text + "…"
    if value is None or (isinstance(value, (bool, int, float)) and -(2**70) < value < 2**70):
        return repr(value)
    return f"something of type {type(value).__name__}"  # longer, deeper or stranger than a cell can be


def _name(row: Obligation) -> str:
    return f"obligation {shown(row.id)}"


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return dict(pairs)


def main(arguments: list[str] | None = None) -> int:
    """Check the file that the command line names, print the answer, return the exit code."""
    parser = argparse.ArgumentParser(description="Check a member's bundle of a clearing result.")
    parser.add_argument("bundle", nargs="?", default="bundle.json", help="the bundle (default: bundle.json)")
    parser.add_argument("--root", help="the result_root that a counterparty holds or the union published")
    options = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name must not stop a console that cannot show it
    try:
        with open(options.bundle, "rb") as file:
            content = file.read()
    except OSError as fault:
        print(f"cannot read {options.bundle}: {fault.strerror}", file=sys.stderr)
        return 2
    try:
        bundle = json.loads(content, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as fault:
        print(f"WRONG  shape: {shown(options.bundle)}: found no JSON ({shown(str(fault))}), expected a bundle")
        return 1
    return _tell(check(bundle, options.root), bundle)


def _tell(report: Report, bundle: Any) -> int:
    for finding in report.findings[:SHOWN_MAX]:
        print(f"WRONG  {finding.check}: {finding.where}: found {finding.found}, expected {finding.expected}")
    if len(report.findings) > SHOWN_MAX:
        print(f"WRONG  and {len(report.findings) - SHOWN_MAX} more")
    for line in report.proven:
        print(f"proven: {line}\nresult_root: {bundle['result_root']}")
    for line in report.not_proven:
        print(f"not proven: {line}")
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())
