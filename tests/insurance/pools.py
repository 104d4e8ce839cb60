"""Pools for tests: the terms of a year whose numbers an accountant can follow, and a union's pool acted in through the desk."""

from __future__ import annotations

import datetime
import hashlib
from typing import Any

from rescounter.cycle.office import Step
from rescounter.cycle.pool_calls import advance, overspill, paying_call, release, supplementary
from rescounter.cycle.pool_claims import (
    adjusting,
    disputing,
    notifying,
    paying_claim,
    receiving,
    refusing_claim,
    reserving,
    resolving_claim,
)
from rescounter.cycle.pool_years import closing_year, declaring, opening_year
from rescounter.facade.union import Done
from tests.cycle.world import OPERATOR, World

__all__ = ["TERMS", "PoolWorld", "euros", "terms_text"]

TERMS = """
[year]
code = "2026"
name = "Mutual pool, policy year 2026"
currency = "EUR"
begins = 2026-01-01
ends = 2027-01-01
closes_from = 2027-07-01
surplus = "return"

[cover]
covers = ["cargo", "liability"]
excludes = ["war"]

[layers]
retention = "1000.00"
pool = "10000.00"

[[reinsurance]]
name = "market"
limit = "20000.00"
borne_by = { "Market Re" = 3, "North Re" = 1 }

[overspill]
limit = "50000.00"
cap_per_mille = "25"

[contributions]
rates_per_mille = { coastal = "4", ocean = "8" }
advance_percent = "80"
release_percent = "20"

[record]
years = 3
steps = [
    { up_to_percent = "40", factor_percent = "90" },
    { up_to_percent = "80", factor_percent = "100" },
    { factor_percent = "125" },
]

[solvency]
contributions_percent = "10"
reserves_percent = "20"
least = "500.00"
"""


def terms_text(code: str = "2026", **changes: str) -> str:
    """The terms of another year, a year or more later, with texts put in place of others."""
    later = int(code[:4]) - 2026
    text = TERMS.replace('code = "2026"', f'code = "{code}"').replace("policy year 2026", f"policy year {code}")
    for name, day in (("begins", 2026), ("ends", 2027), ("closes_from", 2027)):
        text = text.replace(f"{name} = {day}-", f"{name} = {day + later}-")
    for old, new in changes.items():
        assert f"\n{old} = " in text, old
        start = text.index(f"\n{old} = ") + 1
        text = text[:start] + f"{old} = {new}" + text[text.index("\n", start) :]
    return text


def euros(minor: int) -> str:
    """As an accountant writes it."""
    return f"{minor // 100:,}.{minor % 100:02d}"


class PoolWorld(World):
    """A union with members, cash and a pool. Every method proposes and has approved what a second person must agree to."""

    def start(self, *members: str, cash: int = 0, day: str = "2026-01-05") -> None:
        self.found()
        self.tell(f"{day}T09:00")
        self.join(*members)
        self.step("open")
        for member in members if cash else ():
            self.pay(f"in-{member}", member, cash, day)

    def take(self, step: Step, member: str = "") -> Done:
        return self.approved(self.desk.do(step, by=OPERATOR, member=member))

    def refused(self, step: Step) -> tuple[str, ...]:
        """The codes under which it is refused."""
        return tuple(each.code for each in self.desk.do(step, by=OPERATOR).refusals)

    def year(self, text: str = TERMS) -> Step:
        digest = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
        return opening_year(self.desk.union, text, digest=digest, at_us=self.desk.at_us)

    def declare(self, year: str, *rows: tuple[Any, ...]) -> Step:
        """Rows: member, class, exposure, and the record brought along: contributed, lost."""
        names = ("member", "class", "exposure_minor", "record_contributed_minor", "record_lost_minor")
        filled = [(place, dict(zip(names, (*row, 0, 0)[:5], strict=True))) for place, row in enumerate(rows, 1)]
        return declaring(self.desk.union, self.desk.office, year, filled, at_us=self.desk.at_us)

    def call(self, kind: str, year: str = "2026", **words: Any) -> Step:
        union, office = self.desk.union, self.desk.office
        match kind:
            case "advance":
                return advance(union, office, year)
            case "supplementary":
                return supplementary(union, office, year, words.get("amount"), name=words.get("name", ""), reason="")
            case "release":
                return release(union, office, year, words["member"])
        return overspill(union, office, union.pool.claims[words["claim"]])

    def pay_call(self, name: str, member: str = "", amount: int | None = None) -> Step:
        return paying_call(self.desk.union, self.desk.office, name, member=member, amount_minor=amount)

    def notify(self, claim: str, member: str, amount: int, *, year: str = "2026", cover: str = "cargo", day: str = "2026-03-01") -> Step:
        what = {"claim": claim, "year": year, "member": member, "cover": cover, "amount_minor": amount, "reason": ""}
        return notifying(self.desk.union, self.desk.office, {**what, "occurred": datetime.date.fromisoformat(day)})

    def claim(self, verb: str, claim: str, amount: int = 0, *, reason: str = "") -> Step:
        union = self.desk.union
        match verb:
            case "reserve":
                return reserving(union, claim, amount, reason=reason)
            case "adjust":
                return adjusting(union, claim, amount, reason=reason)
            case "pay":
                return paying_claim(union, self.desk.office, claim)
            case "refuse":
                return refusing_claim(union, claim, reason=reason)
            case "dispute":
                return disputing(union, claim, reason=reason)
        return resolving_claim(union, claim, amount, reason=reason)

    def reinsure(self, claim: str, reference: str, reinsurer: str) -> Step:
        return receiving(self.desk.union, self.desk.office, claim, reference, reinsurer=reinsurer)

    def close(self, year: str = "2026", *, to: str = "", gives_up: bool = False) -> Step:
        return closing_year(self.desk.union, self.desk.office, year, to=to, gives_up=gives_up, at_us=self.desk.at_us)
