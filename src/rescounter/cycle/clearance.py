"""Clearing the cut-off set: what is preliminary, and what becomes final.

The result is the same as that of `rescounter clear` over the frozen rows, sealed with the key of the
cycle; its tables are kept as documents and named in the act.
"""

from __future__ import annotations

import json
from typing import Any, Final

import pyarrow as pa

from rescounter._version import __version__
from rescounter.clearing.clear import Cleared, clear, solve
from rescounter.clearing.commitment import Seal, seal
from rescounter.clearing.tables import circuits_table, currency_summaries, members_table, obligations_table, potentials_table
from rescounter.cycle.exchanging import frozen_rates
from rescounter.cycle.office import Office, Step, refusal, refused, wanted
from rescounter.cycle.states import State
from rescounter.cycle.union import Cycle, Union
from rescounter.intake.round import to_admitted
from rescounter.rulebook.rules import Rules
from rescounter.terms.tables import REFUSALS_TABLE

__all__ = ["CIRCUITS_OBLIGATIONS_MAX", "clearing", "result_tables", "summary_of"]

CIRCUITS_OBLIGATIONS_MAX: Final = 100_000
"""Above this, circuits are told on demand only: they are many more rows than the obligations."""


def clearing(union: Union, cycle: Cycle, office: Office) -> Step:
    """The act that clears the set that counts: preliminary while a correction window follows, else final."""
    if cycle.state not in (State.CUT_OFF, State.CORRECTED):
        return refused(refusal("out_of_turn", cycle.code, found=f"cycle {cycle.code} is {cycle.state.value}"))
    rules = union.rules_of(cycle)
    frozen = cycle.known("cut_off", "corrected")
    admitted = to_admitted(office.table(frozen.body["frozen"]), exponents=cycle.exponents)
    is_final = cycle.state is State.CORRECTED or cycle.dates.corrections_end_at_us <= cycle.dates.cut_off_at_us
    rates, missing = frozen_rates(union, cycle, office) if is_final else ({}, ())
    if missing:
        return refused(*missing)
    cleared = clear(
        admitted, solve(admitted, method=rules.clearing.method), method=rules.clearing.method, allocation=rules.clearing.allocation
    )
    tables, sealed = tables_of(cleared, rules, office, cycle.code)
    summary = _summary(cleared, sealed, rules)
    return wanted(
        "cleared",
        cycle=cycle.code,
        run=len(cycle.all("cleared")) + 1,
        is_final=is_final,
        tables={name: office.keep_table(table) for name, table in tables.items()},
        summary=office.keep(json.dumps(summary, sort_keys=True).encode()),
        result_root=sealed.result_root,
        frozen_root=frozen.body["root"],
        rulebook=dict(cycle.opened.body["frozen"]["rulebook"]),
        **rates,
    )


def tables_of(cleared: Cleared, rules: Rules, office: Office, code: str) -> tuple[dict[str, pa.Table], Seal]:
    """The tables of a result, and the seal over them with the key of the cycle."""
    obligations, potentials = obligations_table(cleared), potentials_table(cleared)
    sealed = seal(
        obligations,
        potentials,
        REFUSALS_TABLE.empty_table(),
        method=rules.clearing.method,
        allocation=rules.clearing.allocation,
        cycle_key=office.cycle_key(code),
        roots_of=office.roots_of,
    )
    tables = {"obligations": obligations, "members": members_table(cleared), "potentials": potentials}
    if obligations.num_rows <= CIRCUITS_OBLIGATIONS_MAX:
        tables["circuits"] = circuits_table(cleared)
    return tables, sealed


def _summary(cleared: Cleared, sealed: Seal, rules: Rules) -> dict[str, Any]:
    """As `docs/CERTIFICATE.md` describes it, so that `rescounter verify` reads what a cycle exports."""
    return {
        "version": __version__,
        "method": rules.clearing.method,
        "allocation": rules.clearing.allocation,
        "input_digest": sealed.input_digest,
        "potentials_root": sealed.potentials_root,
        "obligations_root": sealed.obligations_root,
        "liquidity_root": sealed.liquidity_root,
        "result_root": sealed.result_root,
        "currencies": currency_summaries(cleared),
        "refused": 0,
        "input": None,
        "files": {},
        "seconds": {},
    }


def summary_of(cycle: Cycle, office: Office) -> dict[str, Any]:
    """The summary of the cycle's latest result."""
    cleared = cycle.known("cleared")
    return dict(json.loads(office.document(cleared.body["summary"])))


def result_tables(cycle: Cycle, office: Office, *names: str) -> dict[str, pa.Table]:
    """Tables of the cycle's latest result; those that were not kept are left out."""
    cleared = cycle.known("cleared")
    wanted_names = names or tuple(cleared.body["tables"])
    return {name: office.table(cleared.body["tables"][name]) for name in wanted_names if name in cleared.body["tables"]}
