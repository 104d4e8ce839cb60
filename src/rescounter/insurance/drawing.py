"""The tables of states as tables and as pictures, for `docs/INSURANCE.md`."""

from __future__ import annotations

from collections.abc import Iterator

from rescounter.insurance.states import CLAIMS, YEARS, ClaimState

__all__ = ["as_markdown", "as_mermaid"]


def as_mermaid() -> Iterator[str]:
    """The states of a claim as a picture."""
    yield "stateDiagram-v2"
    arrows = dict.fromkeys((edge.source, edge.target) for edge in CLAIMS if edge.source is not edge.target)
    for source, target in arrows:
        acts = dict.fromkeys(edge.act.removeprefix("claim_") for edge in CLAIMS if (edge.source, edge.target) == (source, target))
        yield f"    {source.name if source else '[*]'} --> {target.name}: {' or '.join(acts)}"
    for state in ClaimState:
        yield f"    {state.name}: {state.value}"


def as_markdown() -> Iterator[str]:
    """Claims first, then policy years, a line each."""
    yield "| from | act | to | who | when |"
    yield "|---|---|---|---|---|"
    for claim in CLAIMS:
        source = claim.source.value if claim.source else "(not yet)"
        yield f"| {source} | `{claim.act}` | {claim.target.value} | {claim.who} | {claim.when.value if claim.when else ''} |"
    yield ""
    yield "| policy year | act | to | what it records |"
    yield "|---|---|---|---|"
    for year in YEARS:
        yield f"| {year.source.value if year.source else '(not yet)'} | `{year.act}` | {year.target.value} | {year.what} |"
