"""Random months of a union whose pool enters its cycles, beside defaults, a guarantee, disputes, a council and collected fees."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tests.cycle.test_every_feature import MEMBERS, RULES, Everything, lived
from tests.cycle.world import PEOPLE
from tests.insurance.pool_cycles import POOL

IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
MONTHS, SEEDS = (24, range(1, 7)) if IS_LONG else (8, (3,))


def without(text: str, *chapters: str) -> str:
    """A rulebook without some chapters."""
    parts = ("\n" + text).split("\n[")
    return "\n[".join(part for part in parts if part.split("]")[0] not in chapters)


POOL_RULES = without(RULES, "credit", "exchange") + f'\n[pool]\nmember = "{POOL}"\n'


class PoolInCycles(Everything):
    """As everything, in money alone: no credit, no unit of account, and no motion on either."""

    def begin_life(self) -> None:
        people = [dict(person) for person in PEOPLE]
        for code in MEMBERS:
            people += [{"code": each, "name": code, "roles": ["member"], "member": code} for each in (f"r.{code}", f"{code}x")]
        self.tell("2026-01-02T09:00")
        self.found(POOL_RULES, people)
        self.join(*MEMBERS, POOL)
        for code in MEMBERS:
            assert self.name(code, f"r.{code}", {"ana": "chair"}.get(code, "")).act
        assert self.step("open").act
        for code in MEMBERS:
            self.has(code, self.chance.randint(20_000, 60_000))
            self.contributes(code, self.chance.randint(1_000, 9_000))
        assert self.capital(self.chance.randint(1_000, 20_000)).act

    def sound_members(self) -> list[str]:
        return [code for code in super().sound_members() if code != POOL]

    def a_motion(self, code: str) -> None:
        """Nothing: `Everything` changes rules of credit."""

    def paid_in_cycles(self) -> Counter[str]:
        """What closed cycles paid of calls and of claims."""
        sums = Counter[str]()
        for cycle in self.desk.union.cycles.values():
            for act in cycle.all("closed"):
                for row in act.body.get("pool_sums", ()):
                    sums["call" if "call" in row else "claim"] += row["paid_minor"]
        return sums


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_union_whose_pool_is_in_its_cycles_keeps_every_law(seed: int):
    world = PoolInCycles("sqlite", seed)
    told = lived(world, MONTHS)
    paid = world.paid_in_cycles()
    assert min(paid["call"], paid["claim"]) > 0, "calls and claims went through cycles"
    assert told["closed"] >= MONTHS - 1, "months come to their end"
