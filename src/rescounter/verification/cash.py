"""Cash that set-off drew: the table of liquidity, and the laws of what is drawn, lent and received.

Everything here is derived again from the table alone. A result without liquidity has a `Cash` in which
nothing has any, so that no other check needs to ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.terms import INT64_MAX
from rescounter.terms.names import FUND_NAME
from rescounter.terms.refusals import shown
from rescounter.terms.tables import LIQUIDITY
from rescounter.verification.names import check_names
from rescounter.verification.network import Ints, Rows, codes, column, exact_sums, overflowing, totals
from rescounter.verification.verdict import Finding, at

__all__ = ["MINOR_MAX", "Cash", "check_cash", "check_cash_ranges", "read_cash"]

MINOR_MAX: Final = INT64_MAX // 2
"""Most that a currency's obligations and its cash may come to together."""


@dataclass(frozen=True, slots=True)
class Cash:
    """What each node could draw, drew and received; 0 where its currency has no liquidity.

    Args: *has*: bool for each node of `Rows.nodes`. *available*, *injected*, *loan*, *received*: minor units of
    each node. *currency*: ascending places of the currencies with liquidity, and for each of them the row of the
    fund: *fund* (available), *lent* (injected), *fund_else* (loan and received, which a fund has none of).
    """

    has: NDArray[np.bool_]
    available: Ints
    injected: Ints
    loan: Ints
    received: Ints
    currency: Ints
    fund: Ints
    lent: Ints
    fund_else: Ints

    def drawn(self) -> Ints:
        """What each node drew, of its own cash and of the fund's."""
        return self.injected + self.loan

    def of_node(self, rows: Rows) -> Ints:
        """For each node with cash the place of its currency in *currency*."""
        return np.searchsorted(self.currency, rows.node_currency()[self.has])


def read_cash(rows: Rows, table: pa.Table | None, *, method: str) -> tuple[Cash, list[Finding]]:
    """The table as arrays, and what is wrong with its rows: then nothing can be computed with them.

    It has a row for each member of each of its currencies and one for the fund, in order of currency and member.
    """
    found = LIQUIDITY.empty_table() if table is None else table
    if table is not None and (method == "net" or table.num_rows == 0):
        expected = "no table, by method net" if method == "net" else "rows, or no table"
        return _cash_of(rows, LIQUIDITY.empty_table()), [Finding("liquidity", "rows", str(table.num_rows), expected)]
    place = codes(column(found, "currency"), pa.array(rows.currency_names, pa.string()))
    if np.any(place < 0):
        strange = at("liquidity", place < 0, lambda row: (f"row {row + 1}", shown(found["currency"][row]), "a currency of the obligations"))
        return _cash_of(rows, LIQUIDITY.empty_table()), strange
    wrong = check_names("liquidity", rows, found, (FUND_NAME,), np.unique(place), elsewhere=False)
    return _cash_of(rows, LIQUIDITY.empty_table() if wrong else found), wrong


def _cash_of(rows: Rows, table: pa.Table) -> Cash:
    funds = pc.equal(column(table, "member"), FUND_NAME).to_numpy(zero_copy_only=False)
    currency = codes(column(table, "currency").filter(pa.array(funds)), pa.array(rows.currency_names, pa.string()))
    has = np.isin(rows.node_currency(), currency)
    own, fund = {}, {}
    for name in ("available_minor", "injected_minor", "loan_minor", "received_minor"):
        values = column(table, name).to_numpy()
        own[name] = np.zeros(len(rows.nodes), np.int64)
        own[name][has], fund[name] = values[~funds], values[funds]
    return Cash(
        has=has,
        available=own["available_minor"],
        injected=own["injected_minor"],
        loan=own["loan_minor"],
        received=own["received_minor"],
        currency=currency,
        fund=fund["available_minor"],
        lent=fund["injected_minor"],
        fund_else=fund["loan_minor"] | fund["received_minor"],
    )


def check_cash_ranges(rows: Rows, cash: Cash) -> list[Finding]:
    """Sums of each currency's cash fit, together with its obligations, and no cell is below nothing."""
    size, place = len(rows.currency_names), rows.node_currency()
    nodes, funds = (cash.available, cash.injected, cash.loan, cash.received), (cash.fund, cash.lent, cash.fund_else)
    findings = [
        Finding("range", f"liquidity of {rows.node_name(node)}", str(values[node]), "0 or more")
        for values in nodes
        for node in np.flatnonzero(values < 0)[:1].tolist()
    ]
    findings += [
        Finding("range", f"the fund in {rows.currency_names[cash.currency[fund]]}", str(values[fund]), "0 or more")
        for values in funds
        for fund in np.flatnonzero(values < 0)[:1].tolist()
    ]
    if findings:
        return findings
    gross, own, lines = (
        exact_sums(*part, size) for part in ((rows.currency, rows.amount), (place, cash.available), (cash.currency, cash.fund))
    )
    beyond = {each for each in cash.currency.tolist() if gross[each] + own[each] + lines[each] > MINOR_MAX}
    beyond |= set(overflowing(place, nodes, size)) | set(overflowing(cash.currency, funds, size))
    allowed = f"at most {MINOR_MAX} with its obligations"
    return [
        Finding("range", f"liquidity in {shown(rows.currency_names[each])}", "sums beyond the limit", allowed) for each in sorted(beyond)
    ]


def check_cash(rows: Rows, cash: Cash) -> list[Finding]:
    """Nobody draws more than there is or draws and receives; what is received was drawn, what is lent is the fund's."""
    drawn = cash.drawn()
    received, injected, loan = (
        totals(rows.node_currency(), values, len(rows.currency_names)) for values in (cash.received, cash.injected, cash.loan)
    )
    lent, paid = loan[cash.currency], received[cash.currency]
    both, beyond = (drawn > 0) & (cash.received > 0), cash.injected > cash.available

    def fund(place: int) -> str:
        return f"the fund in {shown(rows.currency_names[cash.currency[place]])}"

    return [
        *at("cash", beyond, lambda node: (rows.node_name(node), f"injected {cash.injected[node]}", f"at most {cash.available[node]}")),
        *at("cash", both, lambda node: (rows.node_name(node), f"drew {drawn[node]} and received {cash.received[node]}", "one of the two")),
        *at("cash", cash.lent != lent, lambda place: (fund(place), f"lent {cash.lent[place]}", f"{lent[place]}, the members' loans")),
        *at("cash", cash.lent > cash.fund, lambda place: (fund(place), f"lent {cash.lent[place]}", f"at most {cash.fund[place]}")),
        *at("cash", cash.fund_else != 0, lambda place: (fund(place), "a loan or a receipt of its own", "none")),
        *at(
            "cash",
            paid != injected[cash.currency] + lent,
            lambda place: (
                f"all members in {shown(rows.currency_names[cash.currency[place]])}",
                f"received {paid[place]}",
                f"{injected[cash.currency][place]} injected and {lent[place]} lent",
            ),
        ),
    ]
