"""The results that the tests of verification edit: small enough to be checked by eye.

id  debtor creditor amount cleared          id  debtor creditor amount cleared
1   ANA    BO          100      93          e   DI     CY            4  kept out
2   ANA    BO           50       0          u1  ANA    BO            8       3   USD
10  BO     CY           93      93          u2  BO     ANA           3       3   USD
x   CY     ANA          95      93
y   CY     DI            9       0
"""

from __future__ import annotations

from datetime import date

from tests.verification.ledger_oracle import Item, Refused, Result, cleared_result

ITEMS = [
    Item("1", "ANA", "BO", 100, due=date(2026, 1, 31)),
    Item("2", "ANA", "BO", 50, reference="order 7"),
    Item("10", "BO", "CY", 93, kind="food"),
    Item("x", "CY", "ANA", 95),
    Item("y", "CY", "DI", 9),
    Item("e", "DI", "CY", 4, excluded="indivisible"),
    Item("u1", "ANA", "BO", 8, currency="USD"),
    Item("u2", "BO", "ANA", 3, currency="USD"),
]
REFUSED = [Refused(1, "7"), Refused(9, "8", "self_obligation", "ANA owes ANA", "two different members", "A10", "Delete the row.")]


WEIGHED = [
    Item("1", "ANA", "BO", 10),
    Item("2", "ANA", "BO", 20, weight=7),
    Item("3", "BO", "CY", 30),
    Item("4", "CY", "ANA", 6),
    Item("5", "BO", "ANA", 9, weight=3),
    Item("u1", "ANA", "BO", 5, currency="USD"),
]
"""ANA owes BO 30, of which 20 weigh 7; there is cash in EUR, none in USD."""

LINES = {("EUR", "ANA"): 8, ("EUR", "BO"): 2, ("EUR", "*"): 5}
"""With them everything of weight 7, 9 of weight 3 and the whole of 4 clear; CY receives what ANA drew."""


def with_cash(method: str = "set-off", allocation: str = "oldest", cycle_key: bytes | None = None) -> Result:
    """`WEIGHED`, cleared with the cash of `LINES`."""
    return cleared_result(WEIGHED, method=method, allocation=allocation, lines=LINES, cycle_key=cycle_key)


def example(method: str = "set-off", allocation: str = "oldest", cycle_key: bytes | None = None) -> Result:
    """The example, cleared."""
    return cleared_result(ITEMS, method=method, allocation=allocation, refusals=REFUSED, cycle_key=cycle_key)


def findings_of(result: Result) -> list[str]:
    """What verification finds, as it is printed."""
    from rescounter.verification import verify_result

    return [str(finding) for finding in verify_result(result.tables, result.summary, cycle_key=result.cycle_key).findings]
