"""The table of states as a table and as a picture, for `docs/DISPUTES.md`."""

from __future__ import annotations

from collections.abc import Iterator

from rescounter.disputes.states import SUNSET, TABLE, State, When, Who

__all__ = ["as_markdown", "as_mermaid"]


def as_markdown() -> Iterator[str]:
    """The table, a line each, for `docs/DISPUTES.md`: what people do first, then what happens if nothing is done."""
    yield "| from | act | to | who may act | when |"
    yield "|---|---|---|---|---|"
    for edge in TABLE:
        if not edge.is_default:
            yield f"| {_name(edge.source)} | `{edge.act}` | {edge.target.value} | {_joined(edge.who)} | {_told(edge.when)} |"
    yield ""
    yield "| from | clock that ends | to, if nothing is done | when |"
    yield "|---|---|---|---|"
    for edge in TABLE:
        if edge.clock is not None:
            yield f"| {_name(edge.source)} | {edge.clock.value} | {edge.target.value} | {_told(edge.when)} |"


def as_mermaid() -> Iterator[str]:
    """The same as a picture: what leads from one state to another; withdrawal, settlement and sunset lead out of each open one."""
    yield "stateDiagram-v2"
    drawn = [edge for edge in TABLE if edge.source is not edge.target and edge.act not in ("withdrawn", "settled", SUNSET)]
    arrows = dict.fromkeys((edge.source, edge.target) for edge in drawn)
    for source, target in arrows:
        acts = dict.fromkeys(edge.act for edge in drawn if (edge.source, edge.target) == (source, target))
        yield f"    {source.name if source else '[*]'} --> {target.name}: {' or '.join(acts)}"
    for state in State:
        yield f"    {state.name}: {state.value}"


def _name(state: State | None) -> str:
    return state.value if state else "(not yet)"


def _joined(who: tuple[Who, ...]) -> str:
    return ", ".join(each.value for each in who)


def _told(when: tuple[When, ...]) -> str:
    return "; ".join(each.value for each in when)
