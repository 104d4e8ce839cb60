"""An oracle for the largest set-off: cancel circuits that gain, in Python integers of any size.

Start from nothing cleared. In the residual network an edge with room may clear more (gain +1) and an
edge that clears something may clear less (gain -1). While a closed walk of positive gain exists, push
what it carries; when none exists the set-off is the largest (Klein 1967). Bellman-Ford finds the
walks. First only arcs that carry much count, then half as much, and so on to a single unit: in any order circuits may
take as many rounds as there are units in an amount. No NumPy, no floats, no code in common with the package; fit for a few
dozen edges.
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
    for least in _ever_less(edges.values()):
        while walk := _gaining_walk(edges, flow, least):
            room = min(edges[edge] - flow[edge] if step > 0 else flow[edge] for edge, step in walk)
            for edge, step in walk:
                flow[edge] += step * room
    return sum(flow.values())


def _ever_less(amounts):
    """Powers of two from the largest of *amounts* down to 1."""
    return [1 << bit for bit in reversed(range(max(amounts, default=0).bit_length()))]


def _gaining_walk(edges, flow, least):
    """A closed walk of positive gain along which *least* can be sent, or nothing."""
    arcs = [(u, v, +1, (u, v)) for (u, v) in edges if edges[u, v] - flow[u, v] >= least]
    arcs += [(v, u, -1, (u, v)) for (u, v) in edges if flow[u, v] >= least]
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


def best_with_cash(debts, own=None, fund=None):
    """The best set-off of weighted debts with cash, in lexicographic order.

    Args: *debts* {(debtor, creditor, weight): amount}; *own* {member: cash that it may inject}; *fund*: what
    the union lends in total. Returns: (weighted clearing, draw, loans) of the greatest weighted clearing, of
    all such the one of least draw, of all such the one of least loans. Gains are triples and compared as
    triples, so this proves the scaling to one number that the package uses. Nothing here is cut to what can
    be reached: an arc without a limit has one of 10^30.
    """
    own, free = own or {}, 10**30
    arcs = [(u, v, amount, (weight, 0, 0)) for (u, v, weight), amount in debts.items()]
    if own or fund:
        for member in {party for u, v, _ in debts for party in (u, v)} | set(own):
            arcs += [("**", member, own.get(member, 0), (0, -1, 0)), ("*", member, free, (0, 0, 0)), (member, "**", free, (0, 0, 0))]
        arcs.append(("**", "*", fund or 0, (0, -1, -1)))
    flow = [0] * len(arcs)
    for least in _ever_less(capacity for _, _, capacity, _ in arcs if capacity < free):
        while walk := _better_walk(arcs, flow, least):
            room = min(arcs[arc][2] - flow[arc] if forth else flow[arc] for arc, forth in walk)
            for arc, forth in walk:
                flow[arc] += room if forth else -room
    weighted, draw, loans = (sum(gain[rank] * part for (_, _, _, gain), part in zip(arcs, flow, strict=True)) for rank in range(3))
    return weighted, -draw, -loans


def _better_walk(arcs, flow, least):
    steps = [(u, v, gain, (arc, True)) for arc, (u, v, capacity, gain) in enumerate(arcs) if capacity - flow[arc] >= least]
    steps += [(v, u, tuple(-part for part in gain), (arc, False)) for arc, (u, v, _, gain) in enumerate(arcs) if flow[arc] >= least]
    nodes = {node for u, v, *_ in arcs for node in (u, v)}
    best, came, risen = dict.fromkeys(nodes, (0, 0, 0)), {}, None
    for _ in range(len(nodes)):
        risen = None
        for source, target, gain, step in steps:
            reached = tuple(map(sum, zip(best[source], gain, strict=True)))
            if reached > best[target]:
                best[target], came[target], risen = reached, (source, step), target
        if risen is None:
            return []
    for _ in range(len(nodes)):
        risen = came[risen][0]
    walk, node = [], risen
    while True:
        node, step = came[node]
        walk.append(step)
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
