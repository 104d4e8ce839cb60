"""The oracle of verification's tests: results made, and sealed, by plain Python on dictionaries.

It shares no line with `rescounter`: the optimum comes from cancelling positive circuits in the
residual network with Python integers, potentials from Bellman-Ford, bytes are hashed one by one.
`seal` is also the attacker: it makes every sum, total, digest and root fit whatever rows it is given.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date

import pyarrow as pa

from rescounter.terms.tables import CIRCUITS, LIQUIDITY, POTENTIALS, REFUSALS_TABLE, members_schema, obligations_schema

FREE = 10**30
"""Capacity of an arc of cash without limit."""


@dataclass(frozen=True)
class Item:
    """One obligation with what cleared of it."""

    id: str
    debtor: str
    creditor: str
    amount: int
    cleared: int = 0
    currency: str = "EUR"
    due: date | None = None
    kind: str | None = None
    excluded: str | None = None
    reference: str | None = None
    weight: int = 1


@dataclass(frozen=True)
class Refused:
    row: int
    id: str
    code: str = "zero_amount"
    found: str = "amount 0"
    allowed: str = "an amount above zero"
    rule: str = "A4"
    what_to_do: str = "Delete the row: nothing is owed."


@dataclass(frozen=True)
class Result:
    """What `verify_result` is given, and what it was made of."""

    items: list[Item]
    potentials: dict[tuple[str, str], int]
    circuits: list[tuple[str, list[str], int]]
    refusals: list[Refused]
    method: str
    allocation: str
    cycle_key: bytes | None
    cash: dict[tuple[str, str], tuple[int, int, int, int]] = field(default_factory=dict)  # available, injected, loan, received
    tables: dict[str, pa.Table] = field(default_factory=dict)
    summary: dict = field(default_factory=dict)

    def bundle(self, member: str) -> dict:
        from rescounter.statements.bundle import bundle

        return bundle(self.tables, self.summary, member, cycle_key=self.cycle_key)


def place_of(item: Item) -> tuple:
    digits = item.id.isascii() and item.id.isdigit()
    due = item.due or date.max
    return (
        item.currency,
        item.debtor,
        item.creditor,
        -item.weight,
        item.due is None,
        due,
        not digits,
        len(item.id) if digits else 0,
        item.id,
    )


def edges_of(items: list[Item]) -> dict[tuple[str, str, str, int], list[Item]]:
    edges: dict[tuple[str, str, str, int], list[Item]] = defaultdict(list)
    for item in sorted(items, key=place_of):
        if not item.excluded:
            edges[item.currency, item.debtor, item.creditor, item.weight].append(item)
    return edges


def amounts_of(items: list[Item]) -> dict[str, dict[tuple[str, str], int]]:
    """What each member owes each other, of whatever weight, in each currency."""
    merged: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    for (currency, *pair, _), rows in edges_of(items).items():
        merged[currency][tuple(pair)] = merged[currency].get(tuple(pair), 0) + sum(item.amount for item in rows)
    return merged


def graph_of(items: list[Item], currency: str, lines: dict[tuple[str, str], int]) -> dict[tuple[str, str, int], int]:
    """Capacity of every arc (tail, head, gain): debts, and with *lines* in this currency the four kinds of cash."""
    cash = {member: amount for (code, member), amount in lines.items() if code == currency}
    unit = 3 if cash else 1
    graph = {(u, v, unit * w): sum(item.amount for item in rows) for (code, u, v, w), rows in edges_of(items).items() if code == currency}
    for member in [member for code, member in nodes_of(items) if code == currency and cash]:
        graph |= {("**", member, -1): cash.get(member, 0), ("*", member, 0): FREE, (member, "**", 0): FREE}
    return graph | ({("**", "*", -2): cash.get("*", 0)} if cash else {})


def nodes_of(items: list[Item]) -> list[tuple[str, str]]:
    return sorted({(item.currency, party) for item in items for party in (item.debtor, item.creditor)})


# --- the optimum and its proof ----------------------------------------------------------------------


def _arcs(amount: dict, flow: dict) -> list[tuple[str, str, int, tuple[str, str], int]]:
    """Residual arcs: tail, head, gain, edge, direction. An edge (debtor, creditor) gains 1, an arc (tail, head, gain) its gain."""
    forward = [(edge[0], edge[1], (*edge, 1)[2], edge, 1) for edge in amount if flow[edge] < amount[edge]]
    return forward + [(edge[1], edge[0], -(*edge, 1)[2], edge, -1) for edge in amount if flow[edge] > 0]


def _positive_circuit(nodes: list[str], arcs: list) -> list | None:
    best, came = dict.fromkeys(nodes, 0), {}
    last = None
    for _ in range(len(nodes) + 1):
        last = None
        for arc in arcs:
            if best[arc[0]] + arc[2] > best[arc[1]]:
                best[arc[1]], came[arc[1]], last = best[arc[0]] + arc[2], arc, arc[1]
        if last is None:
            return None
    for _ in nodes:
        last = came[last][0]
    circuit, node = [], last
    while not circuit or node != last:
        circuit.append(came[node])
        node = came[node][0]
    return circuit


def largest_set_off(amount: dict[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """An exact optimum by cancelling positive circuits, in integers of any size."""
    flow = dict.fromkeys(amount, 0)
    nodes = sorted({party for edge in amount for party in edge[:2]})
    while circuit := _positive_circuit(nodes, _arcs(amount, flow)):
        room = min(amount[edge] - flow[edge] if way > 0 else flow[edge] for *_, edge, way in circuit)
        for *_, edge, way in circuit:
            flow[edge] += way * room
    return flow


def least_potentials(nodes: list[str], amount: dict, flow: dict) -> dict[str, int]:
    """Least non-negative potentials; for a flow that is not optimal, where Bellman-Ford stops."""
    potential = dict.fromkeys(nodes, 0)
    for _ in range(len(nodes) + 1):
        for tail, head, gain, _edge, _way in _arcs(amount, flow):
            # An arc that may still gain forces its *tail's debt* up: pi(u) >= pi(v) + 1; the way back pi(v) >= pi(u) - 1.
            potential[tail] = max(potential[tail], potential[head] + gain)
    return potential


def circuits_of(flow: dict[tuple[str, str], int]) -> list[tuple[list[str], int]]:
    """Circuits of edges or arcs; a chain is a circuit that is told from ``**`` on."""
    rest: dict[tuple[str, str], int] = defaultdict(int)
    for edge, amount in sorted(flow.items()):
        if amount and edge[:2] != ("**", "*"):  # a loan comes from cash as one's own does
            rest["**" if edge[0] == "*" else edge[0], edge[1]] += amount
    rest = dict(sorted(rest.items()))
    circuits = []
    while rest:
        walk = [min(rest)[0]]
        while walk.count(walk[-1]) < 2:
            walk.append(min(v for (u, v) in rest if u == walk[-1]))
        circuit = walk[walk.index(walk[-1]) :]
        pairs = [(circuit[place], circuit[place + 1]) for place in range(len(circuit) - 1)]
        amount = min(rest[pair] for pair in pairs)
        rest = {edge: left - amount * (edge in pairs) for edge, left in rest.items() if left > amount * (edge in pairs)}
        turn = circuit.index("**") if "**" in circuit else 0
        circuits.append((circuit[:-1][turn:] + circuit[:turn], amount))
    return circuits


# --- allocation -------------------------------------------------------------------------------------


def allocated(rows: list[Item], cleared: int, rule: str) -> list[Item]:
    """*cleared* of an edge given to its rows one unit of reasoning at a time."""
    if rule == "oldest":
        parts = []
        for item in rows:
            parts.append(min(item.amount, cleared - sum(parts)))
    else:
        total = sum(item.amount for item in rows)
        parts = [cleared * item.amount // max(total, 1) for item in rows]
        left = {place: cleared * item.amount % max(total, 1) for place, item in enumerate(rows)}
        for _ in range(cleared - sum(parts)):
            place = max(left, key=lambda place: (left[place], -place))
            parts[place] += 1
            del left[place]
    return [replace(item, cleared=part) for item, part in zip(rows, parts, strict=True)]


def cleared_result(
    items: list[Item],
    *,
    method: str = "set-off",
    allocation: str = "oldest",
    refusals: list[Refused] | None = None,
    cycle_key: bytes | None = None,
    flows: dict[str, dict[tuple, int]] | None = None,
    circuits: bool = True,
    lines: dict[tuple[str, str], int] | None = None,
) -> Result:
    """An honest result; *flows* (of edges, or of the arcs of `graph_of`) replaces the optimum by a choice of the caller.

    *lines*: cash of (currency, member), the member ``*`` being the fund.
    """
    graphs = {currency: graph_of(items, currency, lines or {}) for currency in {item.currency for item in items}}
    given = flows or {}
    flows = {}
    for currency, graph in graphs.items():
        best = dict.fromkeys(graph, 0) if method == "net" else largest_set_off(graph) if currency not in given else given[currency]
        flows[currency] = {arc: best[arc] if arc in best else best[arc[:2]] for arc in graph}
    units = {currency: 3 if ("**", "*", -2) in graph else 1 for currency, graph in graphs.items()}
    done = [item for item in items if item.excluded]
    for (currency, debtor, creditor, weight), rows in edges_of(items).items():
        done += allocated(rows, flows[currency][debtor, creditor, units[currency] * weight], allocation)
    potentials: dict[tuple[str, str], int] = {}
    cash: dict[tuple[str, str], tuple[int, int, int, int]] = {}
    for currency, flow in flows.items():
        names = [member for code, member in nodes_of(items) if code == currency]
        if units[currency] == 3:
            lent = flow["**", "*", -2]
            cash[currency, "*"] = (graphs[currency]["**", "*", -2], lent, 0, 0)
            arcs = {member: (("**", member, -1), ("*", member, 0), (member, "**", 0)) for member in names}
            cash |= {(currency, member): (graphs[currency][own[0]], *(flow[arc] for arc in own)) for member, own in arcs.items()}
            names = [*names, "*", "**"]
        if method != "net":
            found = least_potentials(names, graphs[currency], flow)
            potentials.update({(currency, member): value for member, value in found.items()})
    told = [(currency, walk, amount) for currency in sorted(flows) for walk, amount in circuits_of(flows[currency])]
    result = Result(sorted(done, key=place_of), potentials, told, refusals or [], method, allocation, cycle_key, cash)
    return seal(result, circuits=circuits)


# --- the seal ---------------------------------------------------------------------------------------


def seal(result: Result, *, circuits: bool = True) -> Result:
    """Tables and summary that fit *result* in every sum, total, digest and root."""
    netting = result.method != "set-off"
    tables = {
        "obligations": _obligations(result.items, result.method),
        "members": pa.Table.from_pylist(
            _members(result.items, result.method, result.cash), schema=members_schema(netting=netting, liquidity=bool(result.cash))
        ),
        "potentials": pa.Table.from_pylist(
            [{"member": m, "currency": c, "potential": value} for (c, m), value in sorted(result.potentials.items())], schema=POTENTIALS
        ),
        "refusals": pa.Table.from_pylist([vars(refused) for refused in result.refusals], schema=REFUSALS_TABLE),
    }
    if result.cash:
        tables["liquidity"] = _liquidity(result.cash)
    if circuits:
        tables["circuits"] = _circuits(result.circuits)
    return resealed(replace(result, tables=tables))


def replaced_of(item: Item, method: str) -> int:
    return item.amount - item.cleared if method != "set-off" and not item.excluded else 0


def _obligations(items: list[Item], method: str) -> pa.Table:
    schema = obligations_schema(
        netting=method != "set-off", reference=any(item.reference for item in items), weight=any(item.weight != 1 for item in items)
    )
    rows = [
        {
            "id": item.id,
            "debtor": item.debtor,
            "creditor": item.creditor,
            "currency": item.currency,
            "amount_minor": item.amount,
            "cleared_minor": item.cleared,
            "residual_minor": item.amount - item.cleared,
            "due": item.due,
            "class": item.kind,
            "excluded": item.excluded,
            "replaced_minor": replaced_of(item, method),
            "reference": item.reference,
            "weight": item.weight,
        }
        for item in items
    ]
    return pa.Table.from_pylist([{name: row[name] for name in schema.names} for row in rows], schema=schema)


def _liquidity(cash: dict[tuple[str, str], tuple[int, int, int, int]]) -> pa.Table:
    names = ("available_minor", "injected_minor", "loan_minor", "received_minor")
    rows = [{"currency": c, "member": m, **dict(zip(names, cells, strict=True))} for (c, m), cells in sorted(cash.items())]
    return pa.Table.from_pylist(rows, schema=LIQUIDITY)


def _members(items: list[Item], method: str, cash: dict[tuple[str, str], tuple[int, int, int, int]]) -> list[dict]:
    rows = []
    for currency, member in nodes_of(items):
        owed = [item for item in items if item.currency == currency and item.debtor == member]
        due = [item for item in items if item.currency == currency and item.creditor == member]
        owes, is_owed = sum(item.amount for item in owed), sum(item.amount for item in due)
        position = sum(replaced_of(item, method) for item in due) - sum(replaced_of(item, method) for item in owed)
        row = {
            "member": member,
            "currency": currency,
            "owes_minor": owes,
            "is_owed_minor": is_owed,
            "net_minor": is_owed - owes,
            "cleared_minor": sum(item.cleared for item in owed),
            "owes_after_minor": sum(item.amount - item.cleared for item in owed),
            "is_owed_after_minor": sum(item.amount - item.cleared for item in due),
            "pay_in_minor": max(0, -position),
            "pay_out_minor": max(0, position),
            "cleared_claims_minor": sum(item.cleared for item in due),
        }
        moved = cash.get((currency, member), (0, 0, 0, 0))[1:]
        row |= dict(zip(("injected_minor", "loan_minor", "received_minor"), moved, strict=True))
        rows.append({name: row[name] for name in members_schema(netting=method != "set-off", liquidity=bool(cash)).names})
    return rows


def _circuits(circuits: list[tuple[str, list[str], int]]) -> pa.Table:
    rows, number = [], defaultdict(int)
    for currency, walk, amount in circuits:
        number[currency] += 1
        steps = list(zip(walk, [*walk[1:], walk[0]], strict=True))
        for step, (debtor, creditor) in enumerate(pair for pair in steps if "**" not in pair):
            row = {"currency": currency, "circuit": number[currency], "step": step + 1, "debtor": debtor, "creditor": creditor}
            rows.append({**row, "amount_minor": amount})
    return pa.Table.from_pylist(rows, schema=CIRCUITS)


def resealed(result: Result) -> Result:
    """A fresh summary over the tables as they stand."""
    roots = hashed(result.tables, result.cycle_key, result.method, result.allocation)
    summary = {
        "version": "0.1.0",
        "method": result.method,
        "allocation": result.allocation,
        **roots,
        "currencies": {currency: _totals(result, currency) for currency in sorted({item.currency for item in result.items})},
        "refused": len(result.refusals),
        "input": {"path": None, "options": {"exponents": dict.fromkeys(("AAA", "BBB", "CCC"), 2)}},
    }
    return replace(result, summary=summary)


def _totals(result: Result, currency: str) -> dict:
    items = [item for item in result.items if item.currency == currency]
    included = [item for item in items if not item.excluded]
    amount = amounts_of(items).get(currency, {})
    gross, cleared = sum(item.amount for item in items), sum(item.cleared for item in items)
    pay_in = sum(row.get("pay_in_minor", 0) for row in _members(items, result.method, {}))
    lines = {who: cells for who, cells in result.cash.items() if who[0] == currency}
    own = [cells for (_, member), cells in lines.items() if member != "*"]
    fund = lines.get((currency, "*"), (0, 0, 0, 0))
    without = largest_set_off(graph_of(items, currency, {})) if lines else {}
    available, injected, loans = (sum(cells[place] for cells in own) for place in range(3))
    included_minor = sum(item.amount for item in included)
    return {
        "obligations": len(items),
        "members": len(nodes_of(items)),
        "gross_minor": gross,
        "cleared_minor": cleared,
        "cleared_share": cleared * 10**6 // gross / 10**6 if gross > 0 else 0.0,
        "residual_minor": gross - cleared,
        "pay_in_minor": pay_in,
        "cash_saved_minor": (cleared if result.method == "set-off" else included_minor - pay_in) - injected - loans,
        "optimal": True,
        "pairs_only_minor": sum(min(d, amount.get((v, u), 0)) for (u, v), d in amount.items()),
        "greedy_minor": greedy(amount),
        "edges": sum(code == currency for code, *_ in edges_of(items)),
        "exponent": 0 if currency == "XXX" else 2,
        "excluded": len(items) - len(included),
        "excluded_minor": gross - included_minor,
        "liquidity": {
            "available_minor": available,
            "fund_minor": fund[0],
            "injected_minor": injected,
            "loans_minor": loans,
            "cleared_without_minor": sum(without.values()),
        }
        if lines
        else None,
    }


def greedy(amount: dict[tuple[str, str], int]) -> int:
    """Depth-first circuit cancelling, written from the words of CERTIFICATE.md, with no pointers at all."""
    number: dict[str, int] = {}
    for creditor, debtor in sorted((v, u) for u, v in amount):
        number.setdefault(debtor, len(number))
        number.setdefault(creditor, len(number))
    rest = {(number[u], number[v]): left for (u, v), left in amount.items()}
    given_up: set[int] = set()
    cleared = 0
    for start in range(len(number)):
        path = [start]
        while path:
            onward = sorted(v for (u, v), left in rest.items() if u == path[-1] and left and v not in given_up)
            if not onward:
                given_up.add(path.pop())
            elif onward[0] not in path:
                path.append(onward[0])
            else:
                circuit = [*path[path.index(onward[0]) :], onward[0]]
                pairs = [(circuit[place], circuit[place + 1]) for place in range(len(circuit) - 1)]
                smallest = min(rest[pair] for pair in pairs)
                cleared += smallest * len(pairs)
                for pair in pairs:
                    rest[pair] -= smallest
                used_up = next(u for u, v in pairs if rest[u, v] == 0)
                path = path[: path.index(used_up) + 1]
    return cleared


def hashed(tables: dict[str, pa.Table], cycle_key: bytes | None, method: str, allocation: str) -> dict[str, str]:
    """Section 3 of CERTIFICATE.md, one row at a time."""

    def fields(row: dict, names: str) -> bytes:
        texts = ["" if row.get(name) is None else str(row[name]) for name in names.split()]
        return "".join(f"{len(text.encode())}:{text}" for text in texts).encode()

    def leaves(tree: str, contents: list[bytes]) -> list[bytes]:
        seed = hmac.new(key, f"rescounter/salts/1/{tree}\n".encode() + rows_hash, hashlib.sha256).digest()
        salts = hashlib.shake_256(seed).digest(16 * len(contents))
        return [hashlib.sha256(b"\0" + salts[16 * i : 16 * i + 16] + content).digest() for i, content in enumerate(contents)]

    def tree_hash(hashes: list[bytes]) -> bytes:
        if len(hashes) < 2:
            return hashes[0] if hashes else hashlib.sha256(b"").digest()
        split = 1
        while split * 2 < len(hashes):
            split *= 2
        return hashlib.sha256(b"\1" + tree_hash(hashes[:split]) + tree_hash(hashes[split:])).digest()

    own = "id debtor creditor currency amount_minor due class weight reference"
    rows = [{"replaced_minor": 0, "weight": 1, **row} for row in tables["obligations"].to_pylist()]
    rows_hash = hashlib.sha256(b"".join(fields(row, own) for row in rows)).digest()
    refused = sorted(tables["refusals"].to_pylist(), key=lambda row: (row["code"], row["id"], row["found"]))
    refusals_hash = hashlib.sha256(b"".join(fields(row, "code id found") for row in refused)).digest()
    key = cycle_key or hmac.new(rows_hash, b"rescounter/default-key/1", hashlib.sha256).digest()
    outcomes = [fields(row, own) + fields(row, "cleared_minor replaced_minor excluded") for row in rows]
    proofs = [fields(row, "currency member potential") for row in tables["potentials"].to_pylist()]
    obligations_root, potentials_root = tree_hash(leaves("obligations", outcomes)), tree_hash(leaves("potentials", proofs))
    liquidity = tables["liquidity"].to_pylist() if "liquidity" in tables else []
    cash = [fields(row, "currency member available_minor injected_minor loan_minor received_minor") for row in liquidity]
    answer = {
        "input_digest": "sha256:" + hashlib.sha256(b"rescounter/input/1" + rows_hash + refusals_hash).hexdigest(),
        "potentials_root": potentials_root.hex(),
        "obligations_root": obligations_root.hex(),
        "liquidity_root": tree_hash(leaves("liquidity", cash)).hex(),
        "liquidity": len(cash),
        "potentials": len(proofs),
        "obligations": len(outcomes),
        "method": method,
        "allocation": allocation,
    }
    trees = "potentials potentials_root obligations obligations_root liquidity liquidity_root"
    head = fields(answer, f"method allocation input_digest {trees}")
    roots = {name: answer[name] for name in ("input_digest", "potentials_root", "obligations_root", "liquidity_root")}
    return {**roots, "result_root": hashlib.sha256(b"rescounter/result/1\n" + head).hexdigest()}
