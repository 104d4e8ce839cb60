"""What bodies beside the cycle tell a member in its statement: sections, in the order in which they are printed."""

from __future__ import annotations

from dataclasses import replace

from rescounter.cycle.union import Cycle
from rescounter.facade.dispute_facts import dispute_sections
from rescounter.facade.union import Desk
from rescounter.facade.union_collateral import collateral_section
from rescounter.facade.union_default import at_risk_section
from rescounter.facade.union_pairs import pairs_section
from rescounter.facade.union_statement import facts_of
from rescounter.facade.union_swaps import swaps_section
from rescounter.statements.member_statement import Statement, statement
from rescounter.statements.section import Section

__all__ = ["statement_of"]


def statement_of(desk: Desk, cycle: Cycle, member: str) -> Statement:
    """The statement of a member with every section; currencies that sections alone tell have the digits of the cycle.

    Raises: CallerFault ``member_unknown``.
    """
    facts = facts_of(desk, cycle, member)
    sections = _sections_of(desk, cycle, member)
    told = sorted({currency for section in sections for currency in section.currencies} - facts.exponents.keys())
    digits = {currency: cycle.exponents.of(currency) or 0 for currency in told}
    return statement(replace(facts, exponents={**facts.exponents, **digits}), sections)


def _sections_of(desk: Desk, cycle: Cycle, member: str) -> tuple[Section, ...]:
    """The sections that concern *member*; those that have nothing to tell are left out."""
    found = (
        pairs_section(desk, cycle, member),
        collateral_section(desk, cycle, member),
        at_risk_section(desk, member),
        swaps_section(desk, member),
    )
    told = tuple(section for section in found if section is not None)
    return (*told, *dispute_sections(desk, cycle, member))
