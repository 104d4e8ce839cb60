"""The union's convertible reserves, projected before a settlement on the sliding scale, and who would take them below their floor.

Creditors are paid from their first slices on, debtors pay later and less: mirror positions drain the union though nets sum to zero. So the
floor is looked at before anything is settled: ``convertible assets + paid in - paid out >= floor``. Source: rule R1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rescounter.settlement.sliding_scale import CreditPosition, ScaleSettled, ScaleTerms, settle, without_position
from rescounter.terms import holds

__all__ = ["ReserveProjection", "projected", "projection_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveProjection:
    """What a settlement would do to the union's convertible reserves; minor units.

    *settlements* by member, in order of code. *causes*: empty unless the floor is broken; else the members that would be paid most, largest
    first, as few as are needed for the floor to hold without their payments (all of them, where even that would not do).
    """

    before_minor: int
    floor_minor: int
    settlements: Mapping[str, ScaleSettled]
    causes: tuple[str, ...]

    def __post_init__(self) -> None:
        holds(self.after_minor == self.before_minor + self.paid_in_minor - self.paid_out_minor, "reserves_are_what_was_paid")
        unpaid = sum(self.settlements[member].transfer_minor for member in self.causes)
        all_of_them = sum(each.transfer_minor > 0 for each in self.settlements.values()) == len(self.causes)
        holds(bool(self.missing_minor) or not self.causes, "causes_are_of_a_breach", causes=len(self.causes))
        holds(unpaid >= self.missing_minor or all_of_them, "causes_explain_the_breach", missing=self.missing_minor)

    @property
    def paid_in_minor(self) -> int:
        """What members would pay in reserves, >= 0."""
        return -sum(min(0, each.transfer_minor) for each in self.settlements.values())

    @property
    def paid_out_minor(self) -> int:
        """What members would be paid in reserves, >= 0."""
        return sum(max(0, each.transfer_minor) for each in self.settlements.values())

    @property
    def after_minor(self) -> int:
        """The reserves after the settlement."""
        return self.before_minor - sum(each.transfer_minor for each in self.settlements.values())

    @property
    def missing_minor(self) -> int:
        """By how much the floor would be broken; zero where it holds."""
        return max(0, self.floor_minor - self.after_minor)


def projected(
    standing: Mapping[str, CreditPosition],
    nets: Mapping[str, int],
    terms: Mapping[str, ScaleTerms],
    *,
    convertible_minor: int,
    floor_minor: int = 0,
) -> ReserveProjection:
    """Settle *nets* in thought.

    Args: *standing* by member, none = no position; *nets* minor units by member, positive = is owed, those of one settlement;
    *terms* of every member in *nets*; *convertible_minor*: what the union has.
    Law: nets sum to zero.
    """
    holds(sum(nets.values()) == 0, "zero_sum", nets=sum(nets.values()))
    holds(nets.keys() <= terms.keys(), "every_member_has_terms", without=sorted(nets.keys() - terms.keys()))
    settlements = {member: settle(standing.get(member, without_position()), nets[member], terms[member]) for member in sorted(nets)}
    return projection_of(settlements, convertible_minor=convertible_minor, floor_minor=floor_minor)


def projection_of(settlements: Mapping[str, ScaleSettled], *, convertible_minor: int, floor_minor: int = 0) -> ReserveProjection:
    """What *settlements* by member, in order of code, do to the reserves, and who would take them below their floor."""
    missing = floor_minor - convertible_minor + sum(each.transfer_minor for each in settlements.values())
    return ReserveProjection(
        before_minor=convertible_minor,
        floor_minor=floor_minor,
        settlements=MappingProxyType(dict(settlements)),
        causes=_causes(settlements, missing),
    )


def _causes(settlements: Mapping[str, ScaleSettled], missing: int) -> tuple[str, ...]:
    takers = sorted((-each.transfer_minor, member) for member, each in settlements.items() if each.transfer_minor > 0)
    named = []
    for transfer, member in takers:
        if missing <= 0:
            break
        named.append(member)
        missing += transfer
    return tuple(named)
