"""The bundle of one member: what it may see of a result, with proofs against the published roots.

It holds the member's own obligations and cash, its potentials and those of its counterparties, and its
own rows of the members table; nothing of any other pair. `docs/CERTIFICATE.md` section 4 is the format,
`verification/desk.py` the program that the member checks it with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.clearing.commitment import (
    SALT_BYTES,
    cycle_key_of,
    leaf_hashes,
    liquidity_leaves,
    obligation_leaves,
    potential_leaves,
    rows_hash,
    salts,
)
from rescounter.statements.merkle import levels_of, proof_of
from rescounter.terms import CallerFault
from rescounter.terms.names import CASH_NAME, FUND_NAME, closest
from rescounter.terms.tables import LIQUIDITY

__all__ = ["FORMAT", "bundle"]

FORMAT: Final = "rescounter-bundle/1"

_STATED: Final = ("version", "method", "allocation", "input_digest", "potentials_root", "obligations_root", "liquidity_root", "result_root")
_OBLIGATION: Final = (
    *("id", "debtor", "creditor", "currency", "amount_minor", "cleared_minor", "replaced_minor"),
    *("due", "class", "weight", "excluded", "reference"),
)


_CASH: Final = ("currency", "member", "available_minor", "injected_minor", "loan_minor", "received_minor")


def bundle(tables: Mapping[str, pa.Table], summary: Mapping[str, Any], member: str, *, cycle_key: bytes | None) -> dict[str, Any]:
    """What *member* may see of a result, ready for JSON.

    Args: *tables* obligations, potentials, members, perhaps liquidity, and *summary* of one result; *cycle_key* that sealed it.
    Raises: CallerFault ``member_unknown``; ``key_missing`` when the roots were sealed with another key.
    Cost: the hashes of all trees, some three SHA-256 for each obligation.
    """
    obligations, potentials, members = (tables[name] for name in ("obligations", "potentials", "members"))
    own_members = members.filter(pc.equal(members["member"], member))
    if own_members.num_rows == 0:
        hint = closest(member, pc.unique(members["member"]).to_pylist())
        raise CallerFault("member_unknown", f"no member {member!r} stands in this result{hint}", member=member)
    rows = rows_hash(obligations)
    key = cycle_key_of(rows, cycle_key)
    own = _places(pc.or_(pc.equal(obligations["debtor"], member), pc.equal(obligations["creditor"], member)))
    liquidity = tables.get("liquidity", LIQUIDITY.empty_table())
    cash = _places(pc.equal(liquidity["member"], member))
    parties = _places_of_parties(potentials, obligations.take(pa.array(own)), liquidity["currency"].take(pa.array(cash)).to_pylist())
    counts = {"obligations": obligations.num_rows, "potentials": potentials.num_rows, "liquidity": liquidity.num_rows}
    salt = {tree: salts(key, rows, tree, count) for tree, count in counts.items()}
    return {
        "format": FORMAT,
        **{name: summary[name] for name in _STATED},
        **{f"{tree}_count": count for tree, count in counts.items()},
        "member": member,
        "obligations": list(_leaves(_with_all_columns(obligations), _OBLIGATION, own, salt["obligations"])),
        "obligations_proof": _proof(obligation_leaves(obligations, salt["obligations"]), own, summary["obligations_root"]),
        "potentials": list(_leaves(potentials, ("member", "currency", "potential"), parties, salt["potentials"])),
        "potentials_proof": _proof(potential_leaves(potentials, salt["potentials"]), parties, summary["potentials_root"]),
        "liquidity": list(_leaves(liquidity, _CASH, cash, salt["liquidity"])),
        "liquidity_proof": _proof(liquidity_leaves(liquidity, salt["liquidity"]), cash, summary["liquidity_root"]),
        "members": own_members.to_pylist(),
    }


def _places(mask: pa.ChunkedArray) -> NDArray[np.int64]:
    return np.flatnonzero(mask.to_numpy())


def _places_of_parties(potentials: pa.Table, own: pa.Table, with_cash: Sequence[str]) -> NDArray[np.int64]:
    """Potentials of all parties of the *own* obligations, and of fund and cash in the currencies *with_cash*, in the order of the table."""
    wanted = {
        (currency, party)
        for side in ("debtor", "creditor")
        for currency, party in zip(own["currency"].to_pylist(), own[side].to_pylist(), strict=True)
    }
    wanted |= {(currency, name) for currency in with_cash for name in (FUND_NAME, CASH_NAME)}
    names = pa.array(sorted({party for _, party in wanted}), pa.string())
    near = _places(pc.is_in(potentials["member"], value_set=names))  # few: a party's rows in all currencies
    found = potentials.take(pa.array(near)).select(["currency", "member"]).to_pylist()
    return near[[(row["currency"], row["member"]) in wanted for row in found]] if len(near) else near


def _with_all_columns(obligations: pa.Table) -> pa.Table:
    """With the columns that a result may leave out: nothing replaced, weight 1, no reference."""
    if "replaced_minor" not in obligations.column_names:
        obligations = obligations.append_column("replaced_minor", pa.repeat(pa.scalar(0, pa.int64()), obligations.num_rows))
    if "weight" not in obligations.column_names:
        obligations = obligations.append_column("weight", pa.repeat(pa.scalar(1, pa.int32()), obligations.num_rows))
    if "reference" not in obligations.column_names:
        obligations = obligations.append_column("reference", pa.nulls(obligations.num_rows, pa.string()))
    return obligations


def _leaves(table: pa.Table, names: Sequence[str], places: NDArray[np.int64], salt: bytes) -> Iterator[dict[str, Any]]:
    cells = table.select(list(names)).take(pa.array(places)).to_pylist()
    for place, row in zip(places.tolist(), cells, strict=True):
        own_salt = salt[SALT_BYTES * place : SALT_BYTES * (place + 1)].hex()
        yield {"index": place, "salt": own_salt, **{name: _cell(row[name]) for name in names}}


def _cell(value: Any) -> str | int:
    """Numbers as they are, dates and texts as text, an empty cell as an empty text."""
    return value if isinstance(value, int) else "" if value is None else str(value)


def _proof(chunks: Iterator[list[bytes]], places: NDArray[np.int64], root: str) -> list[str]:
    levels = levels_of([leaf for chunk in leaf_hashes(chunks) for leaf in chunk])
    if levels[0] and levels[-1][0].hex() != root:
        raise CallerFault(
            "key_missing", "the rows of this result do not give its roots under this key", expected=root, found=levels[-1][0].hex()
        )
    return [node.hex() for node in proof_of(levels, places.tolist())]
