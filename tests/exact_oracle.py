"""An oracle for the largest set-off: cancel circuits that gain, in Python integers of any size.

Start from nothing cleared. In the residual network an edge with room may clear more (gain +1) and an
edge that clears something may clear less (gain -1). While a closed walk of positive gain exists, push
what it carries; when none exists the set-off is the largest (Klein 1967). Bellman-Ford finds the
walks. No NumPy, no floats, no code in common with the package; fit for a few dozen edges.
"""

from collections import defaultdict


def merged(rows):
    """Edges (debtor, creditor) -> amount from (debtor, creditor, amount) rows."""
    edges = defaultdict(int)
    for debtor, creditor, amount in rows:
        edges[debtor, creditor] += amount
    return dict(edges)


def largest_set_off(edges):
    """The largest total that can be set off among *edges* {(debtor, creditor): amount}."""
    flow = dict.fromkeys(edges, 0)
    while walk := _gaining_walk(edges, flow):
        room = min(edges[edge] - flow[edge] if step > 0 else flow[edge] for edge, step in walk)
        for edge, step in walk:
            flow[edge] += step * room
    return sum(flow.values())


def _gaining_walk(edges, flow):
    arcs = [(u, v, +1, (u, v)) for (u, v) in edges if flow[u, v] < edges[u, v]]
    arcs += [(v, u, -1, (u, v)) for (u, v) in edges if flow[u, v] > 0]
    nodes = {node for edge in edges for node in edge}
    best, came, risen = dict.fromkeys(nodes, 0), {}, None
    for _ in range(len(nodes)):
        risen = None
        for source, target, gain, edge in arcs:
            if best[source] + gain > best[target]:
                best[target] = best[source] + gain
                came[target] = (source, gain, edge)
                risen = target
        if risen is None:
            return []
    if risen is None:
        return []
    for _ in range(len(nodes)):
        risen = came[risen][0]
    walk, node = [], risen
    while True:
        source, gain, edge = came[node]
        walk.append((edge, gain))
        node = source
        if node == risen:
            return walk


def shares(total, weights):
    """Largest remainder with exact fractions; ties go to the earlier one."""
    from fractions import Fraction

    whole = sum(weights)
    exact = [Fraction(total * weight, whole) for weight in weights]
    parts = [share.numerator // share.denominator for share in exact]
    order = sorted(range(len(weights)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[: total - sum(parts)]:
        parts[place] += 1
    return parts


def oldest_first(total, amounts):
    """Each amount in full, in order, until *total* is used up."""
    parts = []
    for amount in amounts:
        parts.append(min(amount, total))
        total -= parts[-1]
    return parts
