"""Every kind of fault of a member's bundle: edited by hand, or given out by an operator whose trees hold it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.verification.edits import ordered, with_item, with_items, with_table
from tests.verification.examples import ITEMS, example, with_cash
from tests.verification.ledger_oracle import Item, Result, cleared_result, place_of, seal
from tests.verification.planted import PLANTED, _reordered

Bundle = dict[str, Any]


def of(member: str, result: Result | None = None) -> Bundle:
    return (result or example()).bundle(member)


def changed(bundle: Bundle, part: str, row: int, /, **cells: object) -> Bundle:
    """The bundle with other cells in one row of a part; ``class_`` stands for ``class``."""
    rows = [dict(each) for each in bundle[part]]
    rows[row].update({name.rstrip("_"): value for name, value in cells.items()})
    return {**bundle, part: rows}


def only(bundle: Bundle, part: str, *rows: int) -> Bundle:
    return {**bundle, part: [bundle[part][row] for row in rows]}


def without(bundle: Bundle, part: str, row: int, name: str) -> Bundle:
    rows = [dict(each) for each in bundle[part]]
    del rows[row][name]
    return {**bundle, part: rows}


def moved(result: Result, **by: int) -> Result:
    """The result with other cleared amounts, by id."""
    return with_items(result, lambda items: [replace(item, cleared=item.cleared + by.get(item.id, 0)) for item in items])


def _added(item: Item) -> Result:
    return with_items(example(), lambda items: sorted([*items, item], key=place_of))


def _in_order(*ids: str) -> Result:
    """The example with its rows in another order, sealed so."""
    return with_items(example(), lambda items: [next(item for item in items if item.id == id) for id in ids])


def _resorted_potentials() -> Bundle:
    bundle = of("CY")
    return only(bundle, "potentials", 1, 0, 2, 3)


HAND: dict[str, Callable[[], Any]] = {
    # roots and trees
    "another result root": lambda: {**of("CY"), "result_root": "0" * 64},
    "another obligations root": lambda: {**of("CY"), "obligations_root": "0" * 64},
    "another potentials root": lambda: {**of("CY"), "potentials_root": "0" * 64},
    "roots of another result": lambda: {
        **of("CY"),
        **{name: cleared_result(ITEMS[:5]).summary[name] for name in ("result_root", "obligations_root", "potentials_root")},
    },
    "the rows of another result": lambda: {**of("ANA"), "obligations": of("ANA", example(allocation="pro-rata"))["obligations"]},
    "an edited salt": lambda: changed(of("CY"), "obligations", 0, salt="0" * 32),
    "an edited reference": lambda: changed(of("BO"), "obligations", 1, reference="order 8"),
    "an edited class": lambda: changed(of("BO"), "obligations", 2, class_="feed"),
    "an edited due date": lambda: changed(of("BO"), "obligations", 0, due="2026-02-01"),
    "an edited id": lambda: changed(of("CY"), "obligations", 0, id="11"),
    "a shorter proof": lambda: {**of("CY"), "obligations_proof": of("CY")["obligations_proof"][:-1]},
    "a longer proof": lambda: {**of("CY"), "obligations_proof": of("CY")["obligations_proof"] + ["0" * 64]},
    "an edited proof": lambda: {**of("CY"), "obligations_proof": ["0" * 64, *of("CY")["obligations_proof"][1:]]},
    "a shorter proof of the potentials": lambda: {**of("DI"), "potentials_proof": of("DI")["potentials_proof"][:-1]},
    "an edited proof of the potentials": lambda: {**of("DI"), "potentials_proof": ["0" * 64, *of("DI")["potentials_proof"][1:]]},
    "another count of obligations": lambda: {**of("CY"), "obligations_count": 9},
    "a count below an index": lambda: {**of("CY"), "obligations_count": 5},
    "a count of nothing": lambda: {**of("CY"), "potentials_count": 0},
    "another place in the tree": lambda: changed(of("CY"), "obligations", 3, index=6),
    # rows edited by hand: the tree catches them, and the sums
    "an edited amount": lambda: changed(of("CY"), "obligations", 1, amount_minor=96),
    "a dropped row": lambda: only(of("CY"), "obligations", 0, 1, 3),
    "a dropped row of the middle": lambda: only(of("BO", _added(Item("5", "ANA", "BO", 1))), "obligations", 0, 2, 3, 4, 5),
    "a dropped row between two creditors": lambda: only(
        of("A", cleared_result([Item(str(place), "A", creditor, 1) for place, creditor in enumerate("BCDE")])), "obligations", 0, 2, 3
    ),
    "one index twice": lambda: changed(of("CY"), "obligations", 1, index=2),
    "one index of a potential twice": lambda: changed(of("CY"), "potentials", 1, index=0),
    "a doubled row": lambda: only(of("CY"), "obligations", 0, 0, 1, 2, 3),
    "swapped rows": lambda: only(of("CY"), "obligations", 1, 0, 2, 3),
    "no rows at all": lambda: {**of("CY"), "obligations": [], "members": []},
    "another member": lambda: {**of("CY"), "member": "BO"},
    "a dropped potential": lambda: only(of("CY"), "potentials", 0, 1, 2),
    "a doubled potential": lambda: only(of("CY"), "potentials", 0, 0, 1, 2, 3),
    "swapped potentials": _resorted_potentials,
    "an edited potential": lambda: changed(of("CY"), "potentials", 0, potential=2),
    "a potential of the wrong currency": lambda: changed(of("DI"), "potentials", 1, currency="USD"),
    "another method": lambda: {**of("ANA", example("set-off-then-net")), "method": "net"},
    "another rule": lambda: {**of("ANA"), "allocation": "pro-rata"},
    **{
        f"another {name} of the member": lambda name=name: changed(
            of("CY", example("set-off-then-net")), "members", 0, **{name: of("CY", example("set-off-then-net"))["members"][0][name] + 1}
        )
        for name in (
            *("owes_minor", "is_owed_minor", "net_minor", "cleared_minor", "owes_after_minor", "is_owed_after_minor"),
            *("pay_in_minor", "pay_out_minor"),
        )
    },
    "the member row of another": lambda: changed(of("CY"), "members", 0, member="BO"),
    "an edited weight": lambda: changed(of("ANA", with_cash()), "obligations", 0, weight=6),
    **{
        f"another {name} of the member's cash": lambda name=name: changed(
            of("ANA", with_cash()), "liquidity", 0, **{name: of("ANA", with_cash())["liquidity"][0][name] + 1}
        )
        for name in ("available_minor", "injected_minor", "loan_minor", "received_minor")
    },
    **{
        f"another {name} of the member with cash": lambda name=name: changed(
            of("ANA", with_cash()), "members", 0, **{name: of("ANA", with_cash())["members"][0][name] + 1}
        )
        for name in ("cleared_claims_minor", "injected_minor", "loan_minor", "received_minor")
    },
    "the cash of another": lambda: {**of("ANA", with_cash()), "liquidity": of("BO", with_cash())["liquidity"]},
    "cash dropped": lambda: {**of("ANA", with_cash()), "liquidity": []},
    "cash in a currency without obligations": lambda: changed(of("CY", with_cash()), "liquidity", 0, currency="USD"),
    "cash doubled": lambda: only(of("ANA", with_cash()), "liquidity", 0, 0),
    "no potential of the fund": lambda: only(of("ANA", with_cash()), "potentials", 1, 2, 3, 4, 5, 6),
    "another potential of cash": lambda: changed(of("ANA", with_cash()), "potentials", 1, potential=1),
    "another liquidity root": lambda: {**of("CY"), "liquidity_root": "0" * 64},
    "a count of cash where there is none": lambda: {**of("CY"), "liquidity_count": 1},
    "a shorter proof of the cash": lambda: {**of("CY", with_cash()), "liquidity_proof": of("CY", with_cash())["liquidity_proof"][:-1]},
    "an edited proof of the cash": lambda: {
        **of("CY", with_cash()),
        "liquidity_proof": ["0" * 64, *of("CY", with_cash())["liquidity_proof"][1:]],
    },
    "a member row dropped": lambda: only(of("ANA"), "members", 0),
    "member rows swapped": lambda: only(of("ANA"), "members", 1, 0),
}

OPERATOR: dict[str, Callable[[], Any]] = {
    # an operator whose trees hold the fault: digests and roots all fit
    "trees with one unit moved between parallel items": lambda: of("ANA", PLANTED["one unit moved between parallel items"]()),
    "trees with one unit moved, pro rata": lambda: of("BO", PLANTED["one unit moved between parallel items, pro rata"]()),
    "trees with an item dropped": lambda: of("CY", PLANTED["an item dropped"]()),
    "trees with an item doubled": lambda: of("ANA", PLANTED["an item doubled"]()),
    "trees with an item of nothing": lambda: of("BO", PLANTED["an item of nothing"]()),
    "trees with nothing but nothing, pro rata": lambda: of(
        "A", cleared_result([Item("1", "A", "B", 0)], allocation="pro-rata", flows={"EUR": {("A", "B"): 0}})
    ),
    "trees with something cleared of nothing": lambda: of(
        "A",
        seal(
            replace(
                cleared_result([Item("1", "A", "B", 5)], allocation="pro-rata"),
                items=[Item("1", "A", "B", 0, 0), Item("2", "A", "B", 0, 3)],
            )
        ),
    ),
    "trees with more cleared than owed": lambda: of("BO", PLANTED["more cleared than owed"]()),
    "trees with a member that owes itself": lambda: of("DI", PLANTED["a member that owes itself"]()),
    "trees with a kept-out item that cleared": lambda: of("DI", PLANTED["a kept-out item that cleared"]()),
    "trees of a consistent result that could clear more": lambda: of(
        "ANA", PLANTED["a consistent result that could clear one unit more"]()
    ),
    "trees with a potential too high": lambda: of("BO", PLANTED["a potential that breaks slackness upwards"]()),
    "trees with a potential too low": lambda: of("CY", PLANTED["a potential that breaks slackness downwards"]()),
    "trees where an edge cleared against its profit": lambda: of("DI", moved(example(), y=1)),
    "trees of netting that set off": lambda: of("ANA", PLANTED["netting alone that set off"]()),
    "trees of netting with potentials": lambda: {
        **of("ANA", PLANTED["potentials where nothing was chosen"]()),
        "method": "net",
    },
    "trees of set-off that replaced": lambda: (
        of("ANA", seal(replace(example("set-off-then-net"), method="set-off", circuits=[])))
        | {"obligations": of("ANA", example("set-off-then-net"))["obligations"]}
    ),
    "trees of netting that replaced less": lambda: (
        of("ANA")
        | {
            "method": "set-off-then-net",
            "members": of("ANA", example("set-off-then-net"))["members"],
        }
    ),
    "trees with a unit moved to a lighter item": lambda: of("ANA", PLANTED["a unit moved to a lighter item"]()),
    "trees with a lighter item before a heavier one": lambda: of("ANA", PLANTED["a lighter item before a heavier one"]()),
    "trees with more injected than there is": lambda: of("ANA", PLANTED["more injected than there is"]()),
    "trees with a unit injected that nobody received": lambda: of("A", PLANTED["a unit injected that nobody received"]()),
    "trees with a loan that the fund never gave": lambda: of("ANA", PLANTED["a loan that the fund never gave"]()),
    "trees with a unit received that nobody drew": lambda: of("CY", PLANTED["a unit received that nobody drew"]()),
    "trees with a member that draws and receives": lambda: of("B", PLANTED["a member that draws and receives"]()),
    "trees with a loan for which own cash was there": lambda: of("A", PLANTED["a loan for which own cash was there"]()),
    "trees with cash that clears less than it could": lambda: of("ANA", PLANTED["cash that clears less than it could"]()),
    "trees with a potential of the fund too low": lambda: of("ANA", PLANTED["a potential of the fund too low"]()),
    "trees with a potential of the fund too high": lambda: of("ANA", PLANTED["a potential of the fund too high"]()),
    "trees with a potential of cash too high": lambda: of("CY", PLANTED["a potential of cash too high"]()),
    "trees without cash where it was promised": lambda: of("CY", PLANTED["a line in another currency"]()),
    "trees out of order by id": lambda: of("ANA", _in_order("2", "1", "10", "x", "y", "e", "u1", "u2")),
    "trees out of order by id of digits": lambda: of("ANA", _reordered([Item("9", "ANA", "BO", 1), Item("10", "ANA", "BO", 1)])),
    "trees with potentials out of order": lambda: of(
        "CY", with_table(example(), "potentials", lambda table: ordered(table, [1, 0, 2, 3, 4, 5]))
    ),
    "trees with a potential doubled": lambda: of(
        "CY", with_table(example(), "potentials", lambda table: ordered(table, [0, 1, 1, 2, 3, 4, 5]))
    ),
    "trees out of order by currency": lambda: of("ANA", _in_order("u1", "1", "2", "10", "x", "y", "e", "u2")),
    "trees with an amount that conserves nowhere": lambda: of("CY", with_item(example(), "x", cleared=94)),
}

SHAPES: dict[str, Callable[[], Any]] = {
    # what is no bundle at all
    "no object": lambda: [of("CY")],
    "nothing": lambda: None,
    "an object of nothing": dict,
    "a strange field": lambda: {**of("CY"), "why": 1},
    "another format": lambda: {**of("CY"), "format": "rescounter-bundle/2"},
    "an unknown method": lambda: {**of("CY"), "method": "magic"},
    "an unknown rule": lambda: {**of("CY"), "allocation": ["oldest"]},
    "no version": lambda: {**of("CY"), "version": ""},
    "a digest of nothing": lambda: {**of("CY"), "input_digest": "sha256:"},
    "a digest of another kind": lambda: {**of("CY"), "input_digest": "md5:" + "0" * 64},
    "a root in capitals": lambda: {**of("CY"), "result_root": "A" * 64},
    "a root too long": lambda: {**of("CY"), "result_root": "a" * 65},
    "a count that is true": lambda: {**of("CY"), "obligations_count": True},
    "a negative count": lambda: {**of("CY"), "potentials_count": -1},
    "a count beyond 64 bits": lambda: {**of("CY"), "potentials_count": 2**63},
    "a member of half a character": lambda: {**of("CY"), "member": "\ud800"},
    "a member of nothing": lambda: {**of("CY"), "member": ""},
    "a part that is no list": lambda: {**of("CY"), "potentials": {}},
    "a row that is no object": lambda: {**of("CY"), "obligations": [7]},
    "a row without a field": lambda: without(of("CY"), "obligations", 0, "due"),
    "a row with a strange field": lambda: changed(of("CY"), "potentials", 0, **{"\u202e": 1}),
    "an amount of a float": lambda: changed(of("CY"), "obligations", 0, amount_minor=93.0),
    "an amount beyond 64 bits": lambda: changed(of("CY"), "obligations", 0, amount_minor=2**63),
    "a huge amount": lambda: changed(of("CY"), "obligations", 0, amount_minor=10**5000),
    "a negative clearing": lambda: changed(of("CY"), "obligations", 0, cleared_minor=-1),
    "a replaced amount of nothing": lambda: changed(of("CY"), "obligations", 0, replaced_minor=None),
    "a negative index": lambda: changed(of("CY"), "obligations", 0, index=-1),
    "a short salt": lambda: changed(of("CY"), "obligations", 0, salt="0" * 31),
    "a salt of a potential that is none": lambda: changed(of("CY"), "potentials", 0, salt="g" * 32),
    "a potential of a text": lambda: changed(of("CY"), "potentials", 0, potential="1"),
    "a negative potential": lambda: changed(of("CY"), "potentials", 0, potential=-1),
    "a potential of nobody": lambda: changed(of("CY"), "potentials", 0, member=None),
    "a date that is none": lambda: changed(of("CY"), "obligations", 0, due="2026-02-30"),
    "a date in another form": lambda: changed(of("CY"), "obligations", 0, due="20260228"),
    "a date of a number": lambda: changed(of("CY"), "obligations", 0, due=20260228),
    "an unknown code of exclusion": lambda: changed(of("CY"), "obligations", 0, excluded="unlucky"),
    "an id of nothing": lambda: changed(of("CY"), "obligations", 0, id=""),
    "a class of a number": lambda: changed(of("CY"), "obligations", 0, class_=7),
    "a reference of half a character": lambda: changed(of("CY"), "obligations", 0, reference="\udfff"),
    "a weight of nothing": lambda: changed(of("CY"), "obligations", 0, weight=0),
    "a weight beyond a hundred": lambda: changed(of("CY"), "obligations", 0, weight=101),
    "a weight that is true": lambda: changed(of("CY"), "obligations", 0, weight=True),
    "a negative line": lambda: changed(of("ANA", with_cash()), "liquidity", 0, available_minor=-1),
    "a line without a field": lambda: without(of("ANA", with_cash()), "liquidity", 0, "loan_minor"),
    "a line with a strange field": lambda: changed(of("ANA", with_cash()), "liquidity", 0, why=1),
    "a member row without its cash": lambda: without(of("ANA", with_cash()), "members", 0, "loan_minor"),
    "a member row with cash where there is none": lambda: changed(of("CY"), "members", 0, loan_minor=0),
    "a proof of the cash that is a number": lambda: {**of("CY"), "liquidity_proof": [7]},
    "a proof of texts": lambda: {**of("CY"), "obligations_proof": ["x"], "potentials_proof": [1.5]},
    "a member row without a sum": lambda: without(of("CY"), "members", 0, "net_minor"),
    "a member row of netting without netting": lambda: changed(of("CY"), "members", 0, pay_in_minor=0),
    "a member row with a sum beyond 64 bits": lambda: changed(of("CY"), "members", 0, net_minor=-(2**63)),
    "a member row of nobody": lambda: changed(of("CY"), "members", 0, member=0, currency=""),
}

PLANTED_BUNDLES = {**HAND, **OPERATOR, **SHAPES}


if __name__ == "__main__":  # prints planted_bundles.toml anew, to be read with care before it is kept
    import json

    from rescounter.verification import desk

    for sentence, plant in PLANTED_BUNDLES.items():
        print(f"{json.dumps(sentence)} = [")
        for finding in desk.check(plant()).findings:
            print(f"    {json.dumps('{}: {}: found {}, expected {}'.format(*finding))},")
        print("]")
