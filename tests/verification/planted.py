"""Every kind of fault that verification must find, planted in the example and sealed again where that is possible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pyarrow as pa

from rescounter.terms.tables import LIQUIDITY, members_schema
from tests.verification.edits import edited, ordered, with_item, with_items, with_summary, with_table, with_total
from tests.verification.examples import ITEMS, LINES, REFUSED, WEIGHED, example, with_cash
from tests.verification.ledger_oracle import Item, Refused, Result, amounts_of, cleared_result, graph_of, largest_set_off, place_of, seal

INT64_MAX = 2**63 - 1


def _reordered(items: list[Item], method: str = "set-off") -> Result:
    """An honest result whose first two rows of obligations are swapped."""
    result = cleared_result(items, method=method)
    rows = list(range(len(items)))
    return with_table(result, "obligations", lambda table: ordered(table, [1, 0, *rows[2:]]))


def _shifted(by: int, *, currency: str) -> Result:
    result = example()
    potentials = {key: value + by * (key[0] == currency) for key, value in result.potentials.items()}
    return seal(replace(result, potentials=potentials))


def _potential(member: str, value: int) -> Result:
    result = example()
    return seal(replace(result, potentials={**result.potentials, ("EUR", member): value}))


def _suboptimal() -> Result:
    """Everything conserves and fits, but one unit less goes round than could."""
    flow = {currency: largest_set_off(amount) for currency, amount in amounts_of(ITEMS).items()}
    flow["EUR"] = {edge: cleared - (cleared > 0) for edge, cleared in flow["EUR"].items()}
    return cleared_result(ITEMS, flows=flow, refusals=REFUSED)


def _many_small() -> Result:
    """Nine rows with the same fault."""
    result = cleared_result([Item(str(place), "ANA", "BO", 5) for place in range(1, 10)])
    return with_items(result, lambda items: [replace(item, cleared=6) for item in items])


def _used_up() -> Result:
    """Two members that clear everything: any potentials that differ by at most one prove it."""
    return cleared_result([Item("1", "A", "B", 5), Item("2", "B", "A", 5)])


def _circuits(circuits: list[tuple[str, list[str], int]]) -> Result:
    return seal(replace(example(), circuits=circuits))


def _circuit_cell(row: int, **cells: object) -> Result:
    return with_table(example(), "circuits", lambda table: edited(table, row, **cells))


def _refusal(**cells: object) -> Result:
    return with_table(example(), "refusals", lambda table: edited(table, 1, **cells))


def _broken_text() -> Result:
    """A text that is no UTF-8."""

    def broken(table: pa.Table) -> pa.Table:
        rows = table.num_rows
        column = pa.Array.from_buffers(
            pa.string(),
            rows,
            [None, pa.py_buffer(b"".join(i.to_bytes(4, "little") for i in range(rows + 1))), pa.py_buffer(b"\xff" * rows)],
        )
        return table.set_column(table.schema.get_field_index("what_to_do"), "what_to_do", column)

    result = example()
    return replace(result, tables={**result.tables, "refusals": broken(result.tables["refusals"])})


def _due(day: int) -> Result:
    due = pa.array([day] + [None] * 7, pa.int32()).cast(pa.date32())
    return replace(example(), tables={**example().tables, "obligations": example().tables["obligations"].set_column(7, "due", due)})


def _members(change: Callable[[pa.Table], pa.Table], method: str = "set-off") -> Result:
    return with_table(example(method), "members", change)


def _potentials(change: Callable[[pa.Table], pa.Table]) -> Result:
    return with_table(example(), "potentials", change)


def _without(result: Result, *tables: str) -> Result:
    return replace(result, tables={name: table for name, table in result.tables.items() if name not in tables})


def _cash(member: str, place: int, more: int, *, currency: str = "EUR") -> Result:
    """The example with cash, one figure of one member changed, and sealed again."""
    result = with_cash()
    cells = list(result.cash[currency, member])
    cells[place] += more
    return seal(replace(result, cash={**result.cash, (currency, member): tuple(cells)}))


def _liquidity(change: Callable[[pa.Table], pa.Table], method: str = "set-off") -> Result:
    return with_table(with_cash(method), "liquidity", change)


def _cash_potential(member: str, value: int) -> Result:
    result = with_cash()
    return seal(replace(result, potentials={**result.potentials, ("EUR", member): value}))


_BEST_WITHOUT = largest_set_off(graph_of(WEIGHED, "EUR", {}))
_CASH_ARCS = [arc for arc in graph_of(WEIGHED, "EUR", LINES) if "*" in arc or "**" in arc]


def _with_cash(**lines: int) -> Result:
    """A chain of three debts of 10, with cash of its members in EUR."""
    items = [Item("1", "A", "B", 10), Item("2", "B", "C", 10), Item("3", "C", "D", 10)]
    return cleared_result(items, lines={("EUR", member.replace("FUND", "*")): amount for member, amount in lines.items()})


def _cash_of_chain(cash: dict[str, tuple[int, int, int, int]], potentials: dict[str, int], **lines: int) -> Result:
    result = _with_cash(**lines)
    changed = {**result.cash, **{("EUR", member): cells for member, cells in cash.items()}}
    return seal(replace(result, cash=changed, potentials={**result.potentials, **{("EUR", m): value for m, value in potentials.items()}}))


def _chains(circuits: list[tuple[str, list[str], int]]) -> Result:
    return seal(replace(with_cash(), circuits=circuits))


CHAINS: list[tuple[str, list[str], int]] = [
    ("EUR", ["ANA", "BO"], 9),
    ("EUR", ["**", "ANA", "BO", "CY"], 13),
    ("EUR", ["**", "BO", "CY"], 2),
    ("EUR", ["ANA", "BO", "CY"], 6),
]
"""The circuits and chains of the example with cash."""


def _without_cash(method: str = "set-off") -> Result:
    """Cleared without any, but with a table of liquidity."""
    table = with_cash().tables["liquidity"]
    result = cleared_result(WEIGHED, method=method)
    members = pa.Table.from_pylist(
        [
            {**row, "cleared_claims_minor": 0, "injected_minor": 0, "loan_minor": 0, "received_minor": 0}
            for row in result.tables["members"].to_pylist()
        ],
        schema=members_schema(netting=method != "set-off", liquidity=True),
    )
    return replace(result, tables={**result.tables, "members": members, "liquidity": table})


def _net_with_potentials() -> Result:
    return seal(replace(example("net"), potentials={("EUR", "ANA"): 0}))


PLANTED: dict[str, Callable[[], Result]] = {
    # rows
    "one unit moved between parallel items": lambda: with_item(with_item(example(), "1", cleared=92), "2", cleared=1),
    "one unit moved between parallel items, pro rata": lambda: with_items(
        example(allocation="pro-rata"),
        lambda items: [replace(item, cleared=item.cleared + {"1": 1, "2": -1}.get(item.id, 0)) for item in items],
    ),
    "the other allocation rule than stated": lambda: seal(replace(example(allocation="pro-rata"), allocation="oldest")),
    "an item dropped": lambda: with_items(example(), lambda items: [item for item in items if item.id != "10"]),
    "an item doubled": lambda: with_items(example(), lambda items: sorted([*items, items[0]], key=place_of)),
    "an item of nothing": lambda: with_items(example(), lambda items: sorted([*items, Item("n", "BO", "DI", 0)], key=place_of)),
    "a negative amount": lambda: with_items(
        example(allocation="pro-rata"), lambda items: sorted([*items, Item("n", "ANA", "BO", -1, -1)], key=place_of)
    ),
    "more cleared than owed": lambda: with_items(
        example(), lambda items: [replace(item, cleared=item.cleared + {"10": 1, "1": 1, "x": 1}.get(item.id, 0)) for item in items]
    ),
    "less than nothing cleared": lambda: with_item(example(), "y", cleared=-1),
    "a member that owes itself": lambda: with_items(example(), lambda items: sorted([*items, Item("s", "DI", "DI", 5, 5)], key=place_of)),
    "a residual that is not the rest": lambda: with_table(example(), "obligations", lambda table: edited(table, 3, residual_minor=1)),
    "a day before the calendar": lambda: _due(-719_163),
    "a day behind the calendar": lambda: _due(2_932_897),
    "a day that no program can print": lambda: _due(-(2**31)),
    "a kept-out item that cleared": lambda: with_items(
        example(),
        lambda items: [replace(item, cleared=item.cleared + {"e": 4, "y": 4}.get(item.id, 0)) for item in items],
    ),
    "an unknown code of exclusion": lambda: with_item(example(), "e", excluded="unlucky"),
    "set-off that replaced": lambda: with_table(
        example("set-off-then-net"), "obligations", lambda table: edited(table, 0, replaced_minor=8)
    ),
    "netting that left a kept-out item replaced": lambda: with_table(
        example("set-off-then-net"), "obligations", lambda table: edited(table, 5, replaced_minor=4)
    ),
    "netting alone that set off": lambda: seal(replace(example("set-off-then-net"), method="net", potentials={}, circuits=[])),
    "nine of a kind": _many_small,
    # order
    "rows out of order by currency": lambda: _reordered([Item("1", "A", "B", 1), Item("2", "A", "B", 1, currency="USD")]),
    "rows out of order by debtor": lambda: _reordered([Item("1", "A", "B", 1), Item("2", "B", "A", 1)]),
    "rows out of order by creditor": lambda: _reordered([Item("1", "A", "B", 1), Item("2", "A", "C", 1)]),
    "rows out of order by due date": lambda: _reordered(
        [Item("2", "A", "B", 1, due=date(2026, 1, 1)), Item("1", "A", "B", 1, due=date(2026, 1, 2))]
    ),
    "a row without due date before one with": lambda: _reordered([Item("2", "A", "B", 1, due=date(9999, 12, 31)), Item("1", "A", "B", 1)]),
    "ids of digits out of order by length": lambda: _reordered([Item("9", "A", "B", 1), Item("10", "A", "B", 1)]),
    "ids of digits out of order": lambda: _reordered([Item("10", "A", "B", 1), Item("11", "A", "B", 1)]),
    "an id of letters before one of digits": lambda: _reordered([Item("9", "A", "B", 1), Item("+", "A", "B", 1)]),
    "ids of letters out of order": lambda: _reordered([Item("ab", "A", "B", 1), Item("b", "A", "B", 1)]),
    "a late row out of order": lambda: with_table(
        cleared_result([Item(f"to {creditor}", "A", creditor, 1) for creditor in "BCD"]),
        "obligations",
        lambda table: ordered(table, [0, 2, 1]),
    ),
    "seven items doubled": lambda: with_items(
        cleared_result([Item(str(place), "A", "B", 1) for place in range(1, 8)]), lambda items: sorted(items * 2, key=place_of)
    ),
    "netting alone that set off and replaced too much": lambda: with_table(
        seal(replace(example("set-off-then-net"), method="net", potentials={}, circuits=[])),
        "obligations",
        lambda table: edited(table, 0, replaced_minor=100),
    ),
    # members
    "a member's row dropped": lambda: _members(lambda table: ordered(table, [0, 1, 2, 4, 5])),
    "a member's row doubled": lambda: _members(lambda table: ordered(table, [0, 0, 1, 2, 3, 4, 5])),
    "members in another order": lambda: _members(lambda table: ordered(table, [1, 0, 2, 3, 4, 5])),
    "a member in the currency of another": lambda: _members(lambda table: edited(table, 3, currency="USD")),
    **{
        f"another {name} of a member": lambda name=name: _members(
            lambda table: edited(table, 2, **{name: table[name][2].as_py() + 1}), "set-off-then-net"
        )
        for name in (
            *("owes_minor", "is_owed_minor", "net_minor", "cleared_minor", "owes_after_minor", "is_owed_after_minor"),
            *("pay_in_minor", "pay_out_minor"),
        )
    },
    "the members of another result": lambda: _members(
        lambda table: cleared_result([Item(str(place), "U", f"V{place}", 1) for place in range(7)]).tables["members"]
    ),
    # the optimum
    "a potential that breaks slackness upwards": lambda: _potential("BO", 2),
    "a potential that breaks slackness downwards": lambda: _potential("CY", 0),
    "a negative potential": lambda: _potential("DI", -1),
    "a consistent result that could clear one unit more": _suboptimal,
    "potentials that are not the least": lambda: _shifted(1, currency="USD"),
    "a potential raised where it may be": lambda: _potential("DI", 1),
    "a unit cleared against its profit": lambda: with_item(example(), "y", cleared=1),
    "potentials raised round a circuit that is used up": lambda: seal(replace(_used_up(), potentials={("EUR", "A"): 1, ("EUR", "B"): 0})),
    "a potential dropped": lambda: _potentials(lambda table: ordered(table, [0, 1, 2, 4, 5])),
    "a potential doubled": lambda: _potentials(lambda table: ordered(table, [0, 1, 1, 2, 3, 4, 5])),
    "a potential of a stranger": lambda: _potentials(lambda table: edited(table, 3, member="EVE")),
    "potentials where nothing was chosen": _net_with_potentials,
    # circuits
    "a circuit of another amount": lambda: _circuits([("EUR", ["ANA", "BO", "CY"], 92), ("USD", ["ANA", "BO"], 3)]),
    "a circuit dropped": lambda: _circuits([("EUR", ["ANA", "BO", "CY"], 93)]),
    "all circuits dropped": lambda: _circuits([]),
    "a circuit over a pair that owes nothing": lambda: _circuits(
        [("EUR", ["ANA", "BO", "CY"], 93), ("EUR", ["BO", "DI"], 1), ("USD", ["ANA", "BO"], 3)]
    ),
    "a circuit of a stranger": lambda: _circuits([("EUR", ["ANA", "BO", "CY"], 93), ("EUR", ["ANA", "EVE"], 1), ("USD", ["ANA", "BO"], 3)]),
    "a circuit of a stranger who would stand where an edge does": lambda: _circuits(
        [("EUR", ["ANA", "BO", "CY"], 93), ("EUR", ["DI", "EVE"], 1), ("USD", ["ANA", "BO"], 3)]
    ),
    "a circuit of a strange currency": lambda: _circuits([("EUR", ["ANA", "BO", "CY"], 93), ("GBP", ["ANA", "BO"], 3)]),
    "a circuit of nothing": lambda: _circuits(
        [("EUR", ["ANA", "BO", "CY"], 93), ("EUR", ["ANA", "BO", "CY"], 0), ("USD", ["ANA", "BO"], 3)]
    ),
    "more circuits than edges": lambda: _circuits([("EUR", ["ANA", "BO", "CY"], 93), *[("USD", ["ANA", "BO"], 1)] * 3]),
    "a circuit that meets a member twice": lambda: _circuits(
        [("EUR", ["ANA", "BO", "CY", "ANA", "BO", "CY"], 46), ("EUR", ["ANA", "BO", "CY"], 1), ("USD", ["ANA", "BO"], 3)]
    ),
    "circuits in another order": lambda: _circuits([("USD", ["ANA", "BO"], 3), ("EUR", ["ANA", "BO", "CY"], 93)]),
    "circuits numbered backwards": lambda: with_table(
        _circuits([("EUR", ["ANA", "BO", "CY"], 90), ("EUR", ["ANA", "BO", "CY"], 3), ("USD", ["ANA", "BO"], 3)]),
        "circuits",
        lambda table: ordered(table, [3, 4, 5, 0, 1, 2, 6, 7]),
    ),
    "a circuit that counts its steps wrongly": lambda: _circuit_cell(2, step=4),
    "a circuit whose steps begin at two": lambda: with_table(
        example(), "circuits", lambda table: edited(edited(edited(table, 0, step=2), 1, step=3), 2, step=4)
    ),
    "a circuit that does not close": lambda: _circuit_cell(2, creditor="DI"),
    "a circuit that breaks in the middle": lambda: _circuit_cell(1, debtor="DI"),
    "a circuit with two amounts": lambda: _circuit_cell(1, amount_minor=92),
    "circuits that sum beyond 64 bits": lambda: _circuits([("EUR", ["ANA", "BO", "CY"], INT64_MAX), ("USD", ["ANA", "BO"], 3)]),
    "circuits numbered back and forth": lambda: with_table(
        _circuits([*[("EUR", ["ANA", "BO", "CY"], 31)] * 3, ("USD", ["ANA", "BO"], 3)]),
        "circuits",
        lambda table: ordered(table, [0, 1, 2, 6, 7, 8, 3, 4, 5, 9, 10]),
    ),
    "currencies of circuits out of order": lambda: with_table(
        cleared_result(
            [
                item
                for code in ("AAA", "BBB", "CCC")
                for item in (Item(f"1{code}", "U", "V", 5, currency=code), Item(f"2{code}", "V", "U", 5, currency=code))
            ]
        ),
        "circuits",
        lambda table: ordered(table, [0, 1, 4, 5, 2, 3]),
    ),
    "a later circuit that meets a member twice": lambda: _circuits(
        [("EUR", ["ANA", "BO", "CY"], 1), ("EUR", ["ANA", "BO", "CY", "ANA", "BO", "CY"], 46), ("USD", ["ANA", "BO"], 3)]
    ),
    "a circuit over the only edge and back": lambda: seal(
        replace(cleared_result([Item("1", "A", "B", 5)]), circuits=[("EUR", ["A", "B"], 1)])
    ),
    "a circuit where everything is kept out": lambda: seal(
        replace(cleared_result([Item("1", "A", "B", 5, excluded="indivisible")]), circuits=[("EUR", ["A", "B"], 1)])
    ),
    "a circuit of a stranger where everything is kept out": lambda: seal(
        replace(cleared_result([Item("1", "A", "B", 5, excluded="indivisible")]), circuits=[("EUR", ["A", "EVE"], 1)])
    ),
    # weights
    "a unit moved to a lighter item": lambda: with_items(
        with_cash(), lambda items: [replace(item, cleared=item.cleared + {"1": 1, "2": -1}.get(item.id, 0)) for item in items]
    ),
    "a lighter item before a heavier one": lambda: with_items(with_cash(), lambda items: [items[1], items[0], *items[2:]]),
    "an item of no weight": lambda: with_table(with_cash(), "obligations", lambda table: edited(table, 3, weight=0)),
    "an item of too much weight": lambda: with_table(with_cash(), "obligations", lambda table: edited(table, 0, weight=101)),
    "the light circuit cleared instead of the heavy one": lambda: cleared_result(
        [Item("1", "A", "B", 5), Item("2", "B", "A", 5), Item("3", "B", "C", 5, weight=9), Item("4", "C", "A", 5)],
        flows={"EUR": {("A", "B"): 5, ("B", "A"): 5, ("B", "C"): 0, ("C", "A"): 0}},
    ),
    "a weight without a value": lambda: replace(
        with_cash(), tables={**with_cash().tables, "obligations": edited(with_cash().tables["obligations"], 0, weight=None)}
    ),
    "the column of weights left out": lambda: replace(
        with_cash(), tables={**with_cash().tables, "obligations": with_cash().tables["obligations"].drop_columns("weight")}
    ),
    # cash
    "more injected than there is": lambda: _cash("ANA", 0, -1),
    "a unit injected that nobody received": lambda: _cash_of_chain({"A": (9, 5, 0, 0)}, {}, A=9),
    "a loan that the fund never gave": lambda: _cash("ANA", 2, 1),
    "a fund that lent what nobody owes": lambda: _cash("*", 1, -1),
    "a fund that lent more than it has": lambda: _cash("*", 0, -1),
    "a fund that borrowed": lambda: _cash("*", 2, 1),
    "a fund that received": lambda: _cash("*", 3, 1),
    "a unit received that nobody drew": lambda: _cash("CY", 3, 1),
    "a unit received less than was drawn": lambda: _cash("CY", 3, -1),
    "a member that draws and receives": lambda: _cash_of_chain({"B": (3, 3, 0, 3)}, {}, A=10, B=3),
    "a loan for which own cash was there": lambda: _cash_of_chain({"A": (10, 9, 1, 0), "*": (1, 1, 0, 0)}, {}, A=10, FUND=1),
    "cash that clears less than it could": lambda: cleared_result(
        WEIGHED,
        lines=LINES,
        flows={"EUR": {(u, v, 3 * gain): best for (u, v, gain), best in _BEST_WITHOUT.items()} | dict.fromkeys(_CASH_ARCS, 0)},
    ),
    "a potential of the fund too low": lambda: _cash_potential("*", 5),
    "a potential of the fund too high": lambda: _cash_potential("*", 7),
    "a potential of cash too high": lambda: _cash_potential("**", 1),
    "a potential below that of cash": lambda: seal(
        replace(with_cash(), potentials={key: value + (key == ("EUR", "**")) for key, value in with_cash().potentials.items()})
    ),
    "potentials with cash that are not the least": lambda: seal(
        replace(with_cash(), potentials={key: value + (key[0] == "EUR") for key, value in with_cash().potentials.items()})
    ),
    "a negative potential of cash": lambda: _cash_potential("**", -1),
    "no potential of the fund": lambda: with_table(with_cash(), "potentials", lambda table: ordered(table, [1, 2, 3, 4, 5, 6])),
    "a potential of cash where there is none": lambda: with_table(
        with_cash(), "potentials", lambda table: edited(edited(table, 5, member="**"), 6, member="ANA")
    ),
    "a line dropped": lambda: _liquidity(lambda table: ordered(table, [0, 1, 3])),
    "a line doubled": lambda: _liquidity(lambda table: ordered(table, [0, 1, 1, 2, 3])),
    "a line of a stranger": lambda: _liquidity(lambda table: edited(table, 3, member="EVE")),
    "lines in another order": lambda: _liquidity(lambda table: ordered(table, [1, 0, 2, 3])),
    "no line of the fund": lambda: _liquidity(lambda table: ordered(table, [1, 2, 3])),
    "a line of a strange currency": lambda: _liquidity(lambda table: edited(table, 3, currency="GBP")),
    "a line in another currency": lambda: _liquidity(lambda table: edited(table, 3, currency="USD")),
    "a line below nothing": lambda: _liquidity(lambda table: edited(table, 2, available_minor=-1)),
    "a fund below nothing": lambda: _liquidity(lambda table: edited(table, 0, available_minor=-1)),
    "lines that sum beyond what can be reckoned with": lambda: _liquidity(lambda table: edited(table, 2, available_minor=2**62)),
    "loans that sum beyond 64 bits": lambda: _liquidity(
        lambda table: edited(edited(table, 1, loan_minor=INT64_MAX), 2, loan_minor=INT64_MAX)
    ),
    "a table of liquidity without a line": lambda: _liquidity(lambda table: LIQUIDITY.empty_table()),
    "liquidity where nothing is set off": lambda: _without_cash("net"),
    "liquidity with a strange column": lambda: replace(
        with_cash(),
        tables={**with_cash().tables, "liquidity": with_cash().tables["liquidity"].append_column("why", pa.nulls(4))},
    ),
    "members without their cash": lambda: replace(
        with_cash(), tables={**with_cash().tables, "members": with_cash().tables["members"].drop_columns("loan_minor")}
    ),
    "the table of liquidity left out": lambda: _without(with_cash(), "liquidity"),
    **{
        f"another {name} of a member with cash": lambda name=name: with_table(
            with_cash(), "members", lambda table: edited(table, 0, **{name: table[name][0].as_py() + 1})
        )
        for name in ("cleared_minor", "cleared_claims_minor", "injected_minor", "loan_minor", "received_minor")
    },
    "a chain of another amount": lambda: _chains([(code, walk, amount + (amount == 13)) for code, walk, amount in CHAINS]),
    "a chain dropped": lambda: _chains([CHAINS[0], *CHAINS[2:]]),
    "a chain that ends too early": lambda: _chains([*CHAINS[:2], ("EUR", ["**", "ANA", "BO"], 2), CHAINS[3]]),
    "a chain told as two": lambda: _chains([CHAINS[0], ("EUR", ["**", "ANA", "BO"], 13), ("EUR", ["**", "BO", "CY"], 13), *CHAINS[2:]]),
    "a chain that meets a member twice": lambda: _chains(
        [*CHAINS[1:], ("EUR", ["**", "ANA", "BO", "ANA", "BO"], 1), ("EUR", ["ANA", "BO"], 7)]
    ),
    "a chain to where it passed": lambda: _chains([*CHAINS[1:], ("EUR", ["**", "CY", "ANA", "BO", "ANA"], 1)]),
    "a chain of strangers": lambda: _chains([*CHAINS, ("EUR", ["**", "ANA", "EVE"], 1)]),
    "a chain in a currency without cash": lambda: _chains([*CHAINS, ("USD", ["**", "ANA", "BO"], 1)]),
    "more chains than there can be": lambda: _chains(
        [*CHAINS[:2], *[("EUR", ["**", "BO", "CY"], 1)] * 2, *[("EUR", ["ANA", "BO", "CY"], 1)] * 6]
    ),
    **{
        f"another {name} of the liquidity in the summary": lambda name=name, figure=figure: with_total(
            with_cash(), "EUR", liquidity={**with_cash().summary["currencies"]["EUR"]["liquidity"], name: figure}
        )
        for name, figure in {
            **dict.fromkeys(("available_minor", "fund_minor", "injected_minor", "loans_minor"), 1),
            "cleared_without_minor": 76,
        }.items()
    },
    "less cleared without cash than by pairs": lambda: with_total(
        _with_cash(A=10), "EUR", liquidity={**_with_cash(A=10).summary["currencies"]["EUR"]["liquidity"], "cleared_without_minor": -1}
    ),
    "more cleared without cash than with it": lambda: with_total(
        _with_cash(A=1), "EUR", liquidity={**_with_cash(A=1).summary["currencies"]["EUR"]["liquidity"], "cleared_without_minor": 4}
    ),
    "no word of what would clear without cash": lambda: with_total(
        _with_cash(A=1), "EUR", liquidity={**_with_cash(A=1).summary["currencies"]["EUR"]["liquidity"], "cleared_without_minor": None}
    ),
    "liquidity kept quiet in the summary": lambda: with_total(with_cash(), "EUR", liquidity=None),
    "liquidity in the summary where there is none": lambda: with_total(with_cash(), "USD", liquidity={"available_minor": 0}),
    "no word of liquidity in the summary": lambda: with_summary(
        example(),
        currencies={
            **example().summary["currencies"],
            "USD": {k: v for k, v in example().summary["currencies"]["USD"].items() if k != "liquidity"},
        },
    ),
    "another saving with cash": lambda: with_total(with_cash(), "EUR", cash_saved_minor=64),
    "another liquidity_root": lambda: with_summary(with_cash(), liquidity_root="0" * 64),
    "no liquidity_root": lambda: with_summary(example(), liquidity_root=None),
    "another key of liquidity": lambda: replace(with_cash(cycle_key=b"a" * 32), cycle_key=b"b" * 32),
    # refusals
    "a late refusal out of order": lambda: seal(replace(example(), refusals=[REFUSED[0], REFUSED[1], Refused(7, "6")])),
    "an unknown code of refusal": lambda: _refusal(code="bad_luck"),
    "a refusal under another rule": lambda: _refusal(rule="A9"),
    "a refusal of row nought": lambda: with_table(example(), "refusals", lambda table: edited(table, 0, row=0)),
    "refusals out of order": lambda: seal(replace(example(), refusals=[REFUSED[1], REFUSED[0]])),
    "a row refused twice": lambda: _refusal(row=1),
    "a refusal that found nothing": lambda: _refusal(found=""),
    "a refusal that allows nothing": lambda: _refusal(allowed=""),
    "a refusal without remedy": lambda: _refusal(what_to_do=""),
    # totals
    **{
        f"another {name} in the summary": lambda name=name, figure=figure: with_total(example("set-off-then-net"), "EUR", **{name: figure})
        for name, figure in {
            **dict.fromkeys(("obligations", "members", "gross_minor", "cleared_minor", "residual_minor", "pay_in_minor"), 1),
            **dict.fromkeys(("cash_saved_minor", "pairs_only_minor", "greedy_minor", "edges", "excluded_minor"), 2),
            "cleared_share": 0.8,
            "optimal": False,
            "excluded": True,
            "exponent": 9,
        }.items()
    },
    "a summary without any figure": lambda: with_summary(example(), currencies={**example().summary["currencies"], "EUR": {}}),
    "a summary that leaves greedy circuits open": lambda: with_total(example(), "USD", greedy_minor=None),
    "a summary without a figure": lambda: with_total(example(), "USD", gross_minor=None),
    "a negative exponent": lambda: with_total(example(), "USD", exponent=-1),
    "an exponent that is no number": lambda: with_total(example(), "USD", exponent="2"),
    "a currency missing in the summary": lambda: with_summary(example(), currencies={"EUR": example().summary["currencies"]["EUR"]}),
    "a strange currency in the summary": lambda: with_total(
        with_summary(example(), currencies={**example().summary["currencies"], "GBP": {}}), "GBP"
    ),
    "a currency that is no entry": lambda: with_summary(example(), currencies={**example().summary["currencies"], "USD": 7}),
    "currencies that are no table": lambda: with_summary(example(), currencies=[1]),
    "a refusal kept quiet": lambda: with_summary(example(), refused=1),
    # bytes
    **{
        f"another {name}": lambda name=name: with_summary(example(), **{name: "0" * 64})
        for name in ("input_digest", "potentials_root", "obligations_root", "result_root")
    },
    "another key": lambda: replace(example(cycle_key=b"a" * 32), cycle_key=b"b" * 32),
    "no key": lambda: replace(example(cycle_key=b"a" * 32), cycle_key=None),
    "the refusals of another result": lambda: replace(
        example(),
        tables={**example().tables, "refusals": cleared_result(ITEMS, refusals=[Refused(1, "7"), Refused(9, "6")]).tables["refusals"]},
    ),
    # what cannot be computed with
    "an unknown method": lambda: with_summary(example(), method="magic"),
    "a method that is no text": lambda: with_summary(example(), method=["net"], allocation=None),
    "a result of no table": lambda: replace(example(), tables={}),
    "a table missing": lambda: _without(example(), "members", "refusals"),
    "a column missing": lambda: replace(
        example(), tables={**example().tables, "members": example().tables["members"].drop_columns("net_minor")}
    ),
    "columns in another order": lambda: replace(
        example(), tables={**example().tables, "potentials": example().tables["potentials"].select(["currency", "member", "potential"])}
    ),
    "a column of netting without netting": lambda: replace(
        example(), tables={**example().tables, "members": example("net").tables["members"]}
    ),
    "circuits with a strange column": lambda: replace(
        example(), tables={**example().tables, "circuits": example().tables["circuits"].append_column("why", pa.nulls(5))}
    ),
    "a text that is none": _broken_text,
    "a missing amount": lambda: with_table(
        example(),
        "potentials",
        lambda table: table.set_column(2, "potential", pa.array([0, None, 0, 0, 0, 0], pa.int64())),
    ),
    "a name of nothing": lambda: replace(
        example(), tables={**example().tables, "members": edited(example().tables["members"], 0, member="")}
    ),
    "a member without a name": lambda: replace(
        example(), tables={**example().tables, "members": edited(example().tables["members"], 0, member=None)}
    ),
    "a missing name": lambda: replace(example(), tables={**example().tables, "refusals": edited(example().tables["refusals"], 0, id=None)}),
    "amounts that sum beyond 64 bits": lambda: replace(
        example(), tables={**example().tables, "obligations": edited(example().tables["obligations"], 0, amount_minor=INT64_MAX)}
    ),
    "residuals that sum below 64 bits": lambda: replace(
        example(),
        tables={
            **example().tables,
            "obligations": edited(edited(example().tables["obligations"], 6, residual_minor=-INT64_MAX), 7, residual_minor=-2),
        },
    ),
}


if __name__ == "__main__":  # prints planted.toml anew, to be read with care before it is kept
    import json

    from tests.verification.examples import findings_of

    for sentence, plant in PLANTED.items():
        print(f"{json.dumps(sentence)} = [")
        for line in findings_of(plant()):
            print(f"    {json.dumps(line)},")
        print("]")
