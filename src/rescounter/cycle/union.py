"""A union at an instant: the fold of its acts. Nothing else holds state.

Each room folds its own part; this one adds the cycles and what was founded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from rescounter.approvals.approvals import Approvals
from rescounter.council.motions import Council
from rescounter.cycle.dates import CycleDates, dates_of
from rescounter.cycle.states import State, follows
from rescounter.disputes.register import Disputes
from rescounter.guarantee.defaults import Guarantee
from rescounter.insurance.pool import Pool
from rescounter.membership.consents import Consents
from rescounter.membership.register import Register
from rescounter.membership.restoring import restored
from rescounter.rulebook.rules import Rules
from rescounter.rulebook.versions import Rulebook
from rescounter.settlement.pledges import Pledges
from rescounter.settlement.rates import RatesTold
from rescounter.settlement.swaps import Swaps
from rescounter.terms import Exponents, holds, there
from rescounter.terms.acts import Act

__all__ = ["Cycle", "Union", "frozen_inputs", "union_of"]

_OF_A_CYCLE: Final = frozenset(
    ("submitted", "withdrawn", "answered", "cut_off", "cleared", "corrected", "called", "paired", "paid_in", "funded", "settled", "closed")
)


@dataclass(frozen=True, slots=True)
class Cycle:
    """One settlement cycle: its dates, frozen inputs, state, and the acts that led there, in order."""

    dates: CycleDates
    opened: Act
    state: State
    acts: tuple[Act, ...]

    @property
    def code(self) -> str:
        """Its name: the day of its cut-off, with the turn where a day has several."""
        return self.dates.cycle

    @property
    def exponents(self) -> Exponents:
        """The digits of currencies as they were frozen when it opened."""
        return Exponents(dict(self.opened.body["frozen"]["exponents"]))

    def all(self, *kinds: str) -> tuple[Act, ...]:
        """Its acts of these kinds, in order."""
        return tuple(act for act in self.acts if act.kind in kinds)

    def known(self, *kinds: str) -> Act:
        """The latest of its acts of these kinds. Law: there is one."""
        return there(self.last(*kinds), "the_cycle_came_so_far", cycle=self.code, wanted=", ".join(kinds))

    def last(self, *kinds: str) -> Act | None:
        """The latest of its acts of these kinds."""
        found = self.all(*kinds)
        return found[-1] if found else None

    @property
    def frozen(self) -> Act | None:
        """The act that froze the set that counts: the cut-off, or its correction."""
        return self.last("cut_off", "corrected")

    @property
    def final(self) -> Act | None:
        """The act that made its set-off final."""
        cleared = self.last("cleared")
        return cleared if cleared is not None and cleared.body["is_final"] else None

    def after(self, act: Act) -> Cycle:
        """The cycle with one more act. Law: the table of states allows it."""
        target = follows(self.state, act.kind, act.body)
        state = there(target, "no_step_out_of_turn", cycle=self.code, state=self.state.value, act=act.kind)
        return replace(self, state=state, acts=(*self.acts, act))


@dataclass(frozen=True, slots=True)
class Union:
    """All that a union is after act *number*, done at *at_us*."""

    number: int = 0
    at_us: int = 0
    founded: Act | None = None
    rulebook: Rulebook = field(default_factory=Rulebook)
    register: Register = field(default_factory=Register)
    approvals: Approvals = field(default_factory=Approvals)
    cycles: Mapping[str, Cycle] = field(default_factory=lambda: MappingProxyType({}))
    resolved: Mapping[str, Act] = field(default_factory=lambda: MappingProxyType({}))
    repaid: Mapping[str, Act] = field(default_factory=lambda: MappingProxyType({}))
    guarantee: Guarantee = field(default_factory=Guarantee)
    rates: RatesTold = field(default_factory=RatesTold)
    pledges: Pledges = field(default_factory=Pledges)
    dealt: Mapping[str, Act] = field(default_factory=lambda: MappingProxyType({}))
    council: Council = field(default_factory=Council)
    disputes: Disputes = field(default_factory=Disputes)
    pool: Pool = field(default_factory=Pool)
    capital: Mapping[str, Act] = field(default_factory=lambda: MappingProxyType({}))
    swaps: Swaps = field(default_factory=Swaps)
    consents: Consents = field(default_factory=Consents)

    @property
    def is_demonstration(self) -> bool:
        """Founded as a demonstration: every statement says so, and time may be told to it."""
        return self.founded is not None and bool(self.founded.body["demonstration"])

    def rules(self, at_us: int) -> Rules:
        """What is in force at an instant."""
        return self.rulebook.in_force(at_us)

    def rules_of(self, cycle: Cycle) -> Rules:
        """What was in force when the cycle opened: it is run by these to its end, also where others came in the same instant."""
        opened = cycle.opened
        return self.rulebook.of_version(opened.body["frozen"]["rulebook"]["version"], opened.at_us)

    def pays(self, cycle: Cycle) -> bool:
        """True where something of a cycle is paid: its rulebook nets and pays in."""
        rules = self.rules_of(cycle)
        return rules.settlement.kind != "none" and rules.clearing.method != "set-off"

    @property
    def latest(self) -> Cycle | None:
        """The cycle that was opened last."""
        return next(reversed(list(self.cycles.values())), None)

    def before(self, cycle: Cycle) -> Cycle | None:
        """The cycle that was opened before this one."""
        codes = list(self.cycles)
        place = codes.index(cycle.code)
        return self.cycles[codes[place - 1]] if place else None

    def at(self, at_us: int) -> Union:
        """The union at an instant after its last act: what returns by the clock alone has returned, each at its own instant."""
        if not self.disputes.is_due(at_us):
            return self
        register = self.register
        for undo in self.disputes.effects(at_us):
            register = restored(register, undo.before, at_us=undo.at_us)
        return replace(self, register=register, disputes=self.disputes.with_taken(at_us))

    def after(self, act: Act) -> Union:
        """The union with one more act. Laws: numbers leave no gap, time never goes back, cycles move by their table."""
        holds(act.number == self.number + 1, "acts_leave_no_gap", found=act.number, after=self.number)
        holds(act.at_us >= self.at_us, "time_never_goes_back", act=act.number)
        if self.disputes.is_due(act.at_us):
            return self.at(act.at_us).after(act)
        return Union(
            number=act.number,
            at_us=act.at_us,
            founded=act if act.kind == "founded" else self.founded,
            rulebook=self.rulebook.after(act),
            register=self.register.after(act),
            approvals=self.approvals.after(act),
            cycles=self._cycles_after(act),
            resolved=self._resolved_after(act),
            repaid=self._repaid_after(act),
            disputes=self.disputes.after(act),
            pool=self.pool.after(act),
            guarantee=self.guarantee.after(act),
            rates=self.rates.after(act),
            pledges=self.pledges.after(act),
            dealt=self._dealt_after(act),
            council=self.council.after(act),
            capital=self._capital_after(act),
            consents=self.consents.after(act),
            swaps=self.swaps.after(act),
        )

    def _resolved_after(self, act: Act) -> Mapping[str, Act]:
        """Unidentified pay-ins that found an owner (member, pool, guarantee, union) or went back; by reference. Law: each once."""
        by_word = act.kind in ("guarantee_paid_in", "recovered", "capital_moved", "dealt") and bool(act.body.get("came_in"))
        if act.kind not in ("assigned", "returned", "reinsurance_received") and not by_word:
            return self.resolved
        holds(act.body["reference"] not in self.resolved, "money_is_resolved_once", reference=act.body["reference"])
        return MappingProxyType({**self.resolved, act.body["reference"]: act})

    def _repaid_after(self, act: Act) -> Mapping[str, Act]:
        """Repayments by the operator's reference. Law: each once."""
        if act.kind != "repaid":
            return self.repaid
        holds(act.body["reference"] not in self.repaid, "money_is_repaid_once", reference=act.body["reference"])
        return MappingProxyType({**self.repaid, act.body["reference"]: act})

    def _dealt_after(self, act: Act) -> Mapping[str, Act]:
        """Foreign exchange that was dealt, by the operator's reference. Law: each once."""
        if act.kind != "dealt":
            return self.dealt
        holds(act.body["reference"] not in self.dealt, "money_is_dealt_once", reference=act.body["reference"])
        return MappingProxyType({**self.dealt, act.body["reference"]: act})

    def _capital_after(self, act: Act) -> Mapping[str, Act]:
        """Movements of the union's capital by the operator's reference. Law: each once."""
        if act.kind != "capital_moved":
            return self.capital
        holds(act.body["reference"] not in self.capital, "capital_is_moved_once", reference=act.body["reference"])
        return MappingProxyType({**self.capital, act.body["reference"]: act})

    def _cycles_after(self, act: Act) -> Mapping[str, Cycle]:
        if act.kind == "cycle_opened":
            dates = dates_of(act.body["dates"])
            holds(dates.cycle not in self.cycles, "a_cycle_opens_once", cycle=dates.cycle)
            return MappingProxyType({**self.cycles, dates.cycle: Cycle(dates, act, State.OPEN, (act,))})
        if act.kind in _OF_A_CYCLE:
            return MappingProxyType({**self.cycles, act.body["cycle"]: self.cycles[act.body["cycle"]].after(act)})
        return self.cycles


def union_of(acts: Iterable[Act], *, after: Union | None = None) -> Union:
    """The union that these acts come to, from nothing or from an earlier one."""
    union = after or Union()
    for act in acts:
        union = union.after(act)
    return union


def frozen_inputs(rules: Rules, *, exponents: Mapping[str, int], holidays: Iterable[str]) -> dict[str, Any]:
    """What the act that opens a cycle freezes besides its dates: rules, digits of currencies, days that are no business days."""
    return {
        "rulebook": {"version": rules.version, "digest": rules.digest},
        "exponents": dict(sorted(exponents.items())),
        "holidays": sorted(holidays),
    }
