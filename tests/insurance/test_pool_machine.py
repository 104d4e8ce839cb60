"""Any sequence of years, exposures, calls, payments, claims and closings: money is conserved, nobody is called twice or too much.

Money is kept here in a plain table of balances; claims and caps are reckoned again with formulas of this file's own.
"""

from __future__ import annotations

import datetime
import hashlib
from collections import Counter
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from rescounter.cycle.office import Step, Wanted
from rescounter.cycle.perform import batch_wanted
from rescounter.cycle.pool_calls import advance, overspill, paying_call, release, supplementary
from rescounter.cycle.pool_claims import (
    adjusting,
    disputing,
    notifying,
    paying_claim,
    refusing_claim,
    reserving,
    resolving_claim,
)
from rescounter.cycle.pool_years import closing_year, declaring, opening_year
from rescounter.cycle.union import Union
from rescounter.insurance.books import books_of
from rescounter.ledger import Standings
from rescounter.ledger.standings import Standing
from rescounter.rulebook.reading import read_rulebook
from rescounter.terms.acts import Act, body_of, canonical
from tests.cycle.world import PEOPLE, RULES, at_us
from tests.insurance.pools import terms_text

MEMBERS = ("ana", "bo", "cy")
YEARS = ("2026", "2027")
CLASSES = ("coastal", "ocean")
RETENTION, POOL, REINSURED, OVERSPILL = 100_000, 1_000_000, 2_000_000, 5_000_000


class RamOffice:
    """Tables and balances in memory."""

    def __init__(self) -> None:
        self.tables: dict[str, pa.Table] = {}
        self.sums: Counter[str] = Counter()

    def keep_table(self, table: pa.Table) -> str:
        digest = hashlib.sha256(repr(table.to_pylist()).encode()).hexdigest()
        self.tables[digest] = table
        return digest

    def table(self, digest: str) -> pa.Table:
        return self.tables[digest]

    def balances(self, accounts: Any = None) -> Standings:
        names = sorted(self.sums if accounts is None else set(accounts) & set(self.sums))
        rows = [
            Standing(
                id=name,
                currency="EUR",
                limit_minor=None,
                posted_debits=max(0, -self.sums[name]),
                posted_credits=max(0, self.sums[name]),
            )
            for name in names
        ]
        return Standings.of(rows)

    def posted(self, key: str) -> tuple[()]:
        """Nothing: no process dies here between a posting and its act."""
        return ()

    def move(self, debit: str, credit: str, amount: int) -> None:
        assert amount > 0
        self.sums[debit] -= amount
        self.sums[credit] += amount


class Machine:
    """A union whose acts are appended as they come; every step is done twice."""

    def __init__(self) -> None:
        self.office: Any = RamOffice()
        self.union = Union()
        self.day = "2026-06-01T12:00"
        self.paid_in: Counter[str] = Counter()
        self.paid_out: Counter[str] = Counter()
        read = read_rulebook(RULES)
        founding = {"name": "u", "demonstration": False, "pack": "", "text": RULES, "digest": read.known.digest}
        self.append("founded", founding | {"frozen": dict(read.known.frozen), "people": [dict(each) for each in PEOPLE]})
        self.append("members_joined", {"members": [{"code": code, "name": code} for code in MEMBERS]})

    def append(self, kind: str, body: Any) -> None:
        plain = body_of(canonical(body))
        self.union = self.union.after(Act(number=self.union.number + 1, at_us=at_us(self.day), by="op", kind=kind, body=plain))

    def do(self, reckon: Any) -> bool:
        step: Step = reckon()
        if step.wanted is None:
            assert step.is_done or step.refusals
            return False
        self.perform(step.wanted)
        return True

    def perform(self, wanted: Wanted) -> None:
        batch = batch_wanted(self.union, wanted, self.office)
        for row in [] if batch is None else batch.transfers.rows():
            self.office.move(row.debit, row.credit, row.amount_minor)
            self.note(row.debit, row.credit, row.amount_minor)
        self.append(wanted.kind, wanted.body)
        self.check()

    def note(self, debit: str, credit: str, amount: int) -> None:
        """What went into the account of a year, and out of one."""
        if credit.startswith("*/pool-2"):
            self.paid_in[credit] += amount
        if debit.startswith("*/pool-2"):
            self.paid_out[debit] += amount

    def check(self) -> None:
        sums, pool = self.office.sums, self.union.pool
        assert sum(sums.values()) == 0
        bounded = [name for name in sums if name.startswith(("*/pool-", "*/reinsurance"))]
        assert all(sums[name] >= 0 for name in bounded), sums
        assert sums["*/reinsurance/EUR"] == 0
        for year in pool.years.values():
            name = f"*/pool-{year.code}/EUR"
            assert sums[name] == year.cash_minor == self.paid_in[name] - self.paid_out[name]
        owed = sum(call.open_minor for year in pool.years.values() if year.is_open for call in year.calls.values())
        assert sums["*/pool-called/EUR"] == owed == -sum(sums[f"{member}/pool-dues/EUR"] for member in MEMBERS)
        for year in pool.years.values():
            self.check_calls(year)
        for claim in pool.claims.flat().values():
            year = pool.years[claim.year]
            above = max(0, claim.incurred_minor - RETENTION)
            over = min(max(0, above - POOL - REINSURED), OVERSPILL)
            assert claim.paid_minor <= min(above, POOL + REINSURED) + min(over, year.called_minor("overspill", claim=claim.code))

    def check_calls(self, year: Any) -> None:
        overspill_called: Counter[str] = Counter()
        released: Counter[str] = Counter()
        exposures: Counter[tuple[str, str]] = Counter()
        for act in year.all("pool_called"):
            rows = self.office.table(act.body["rows"]).to_pylist()
            assert sum(row["amount_minor"] for row in rows) == act.body["total_minor"]
            assert all(row["amount_minor"] >= 0 for row in rows)
            match act.body["kind"]:
                case "advance":
                    assert act.body["total_minor"] == round(0.8 * sum(row["estimated_minor"] for row in rows))
                    for row in rows:
                        exposures[row["member"], row["class"]] += row["exposure_minor"]
                case "supplementary":
                    assert not {row["member"] for row in rows} & set(released)
                case "release":
                    released[rows[0]["member"]] += 1
                case _:
                    for row in rows:
                        overspill_called[row["member"]] += row["amount_minor"]
        for (member, name), exposure in exposures.items():
            assert exposure <= books_of(year, self.office.table)[member].declared[name]
        for member, amount in overspill_called.items():
            assert amount <= 25 * sum(each for (who, _), each in exposures.items() if who == member) // 1000
        assert all(count == 1 for count in released.values())


NUMBER = st.integers(0, 12)
AMOUNT = st.one_of(st.integers(1, 9_000_000), st.integers(90_000, 400_000))
OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(
            (
                *("declare", "advance", "pay", "pay", "supplement", "auto", "release", "overspill"),
                *("notify", "reserve", "adjust", "adjust", "settle", "settle", "refuse", "dispute", "resolve", "reinsure", "close"),
            )
        ),
        NUMBER,
        NUMBER,
        AMOUNT,
    ),
    min_size=5,
    max_size=45,
)


def step_of(machine: Machine, name: str, one: int, two: int, amount: int) -> Any:
    """What an operation means, or None where there is nothing to do it on."""
    union, office = machine.union, machine.office
    year, member, claim = YEARS[one % 2], MEMBERS[two % 3], f"C-{one % 3}"
    calls = [call for each in union.pool.years.values() for call in each.calls]
    match name:
        case "declare":
            row = {"member": member, "class": CLASSES[one % 3 % 2], "exposure_minor": amount * 40}
            row |= {"record_contributed_minor": 0, "record_lost_minor": 0}
            return lambda: declaring(machine.union, office, year, [(1, row)], at_us=at_us(machine.day))
        case "advance":
            return lambda: advance(machine.union, office, year)
        case "pay":
            return (lambda: paying_call(machine.union, office, calls[two % len(calls)])) if calls else None
        case "supplement":
            return lambda: supplementary(machine.union, office, year, amount, name=f"call-{one}", reason="")
        case "auto":
            return lambda: supplementary(machine.union, office, year, None, name="", reason="")
        case "release":
            if union.register.member(member).leaves_at_us is None:
                machine.append("member_withdrew", {"code": member, "leaves_at_us": at_us("2099-01-01T00:00")})
            return lambda: release(machine.union, office, year, member)
        case "overspill":
            found = union.pool.claims.find(claim)
            return None if found is None else lambda: overspill(machine.union, office, machine.union.pool.claims[claim])
        case "notify":
            day = datetime.date(int(year), 3, 1)
            what = {"claim": claim, "year": year, "member": member, "cover": "cargo", "amount_minor": amount, "occurred": day, "reason": ""}
            return lambda: notifying(machine.union, office, what)
        case "close":
            machine.day = "2028-07-01T12:00" if two % 2 else machine.day
            to = YEARS[1] if year == YEARS[0] and one % 3 == 0 else ""
            return lambda: closing_year(machine.union, office, year, to=to, gives_up=bool(two % 3), at_us=at_us(machine.day))
    if name == "adjust" and claim in union.pool.claims and union.pool.claims[claim].state.value == "notified":
        machine.do(lambda: reserving(machine.union, claim, amount, reason=""))
    act = {
        "reserve": lambda: reserving(machine.union, claim, amount, reason=""),
        "adjust": lambda: adjusting(machine.union, claim, amount, reason=""),
        "settle": lambda: paying_claim(machine.union, office, claim),
        "refuse": lambda: refusing_claim(machine.union, claim, reason=""),
        "dispute": lambda: disputing(machine.union, claim, reason=""),
        "resolve": lambda: resolving_claim(machine.union, claim, amount if two % 2 else 0, reason=""),
    }
    return act[name]


def reinsure(machine: Machine, one: int, two: int) -> None:
    """What Market Re owes of a claim, three quarters of the layer, comes in."""
    claim = machine.union.pool.claims.find(f"C-{one % 3}")
    if claim is None or claim.state.value not in ("adjusted", "paid") or not machine.union.pool.years[claim.year].is_open:
        return
    layer = min(max(0, claim.incurred_minor - RETENTION - POOL), REINSURED)
    amount = layer * 3 // 4 - claim.received.get("Market Re", 0)
    if amount > 0:
        machine.office.move("*/settlement/EUR", "*/unidentified/EUR", amount)
        body = {"claim": claim.code, "year": claim.year, "reinsurer": "Market Re", "member": "*", "currency": "EUR", "lines": ""}
        machine.perform(Wanted("reinsurance_received", body | {"amount_minor": amount, "reference": f"RE-{machine.union.number}"}))


def started(carries: bool) -> Machine:
    machine = Machine()
    for code in YEARS:
        text = terms_text(code, surplus='"carry"' if carries and code == YEARS[0] else '"return"')
        machine.do(lambda text=text: opening_year(machine.union, text, digest=f"sha256:{hash(text)}", at_us=at_us(machine.day)))
        rows = [
            {"member": member, "class": "ocean", "exposure_minor": exposure, "record_contributed_minor": 0, "record_lost_minor": 0}
            for member, exposure in (("ana", 100_000_000), ("bo", 33_333_333), ("cy", 777_777))
        ]
        machine.do(lambda code=code, rows=rows: declaring(machine.union, machine.office, code, list(enumerate(rows, 1)), at_us=0))
    for member in MEMBERS:
        machine.office.move("*/settlement/EUR", f"{member}/cash/EUR", 30_000_000)
    return machine


@given(OPERATIONS, st.booleans())
def test_the_pool_s_money_is_conserved_and_nobody_is_called_twice(operations: list[Any], carries: bool):
    machine = started(carries)
    for name, one, two, amount in operations:
        if name == "reinsure":
            reinsure(machine, one, two)
            continue
        reckon = step_of(machine, name, one, two, amount)
        if reckon is not None and machine.do(reckon) and name not in ("overspill", "settle"):
            again = reckon()
            assert again.wanted is None, f"{name} does something the second time: {again.wanted}"
    everything = sum(machine.office.sums[f"*/pool-{code}/EUR"] for code in YEARS)
    assert sum(machine.paid_in.values()) == sum(machine.paid_out.values()) + everything
