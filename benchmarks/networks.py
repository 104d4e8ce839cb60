"""Seeded networks of obligations, at any size, in two profiles.

    python -m benchmarks.networks trade-credit 10000 obligations.parquet [--seed 1]

Model: each firm has a weight as debtor and a weight as creditor, both with a Pareto tail and tied to
each other through the firm's size. The two ends of an obligation are drawn in proportion to these
weights. Amounts are lognormal, and larger between larger firms.

- ``scale-free``: ten obligations a firm, tails alike on both sides. About a quarter can be set off.
- ``trade-credit``: 4.5 obligations a firm, and six firms of ten are owed nothing by anybody. A few
  per cent can be set off, as in real trade credit.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

__all__ = ["PROFILES", "Profile", "network", "write"]

MINOR_MEDIAN: Final = 60_000
SIZE_PULL: Final = 0.15
FIRST_DUE: Final = 20_454  # 2026-01-01, in days since 1970-01-01
DUE_DAYS: Final = 90


@dataclass(frozen=True)
class Profile:
    """What makes a network: *tail* exponents are smaller where a few firms hold more."""

    obligations_a_firm: float
    debtor_tail: float
    creditor_tail: float
    tie: float
    spread: float
    never_creditors: float


PROFILES: Final = {
    "scale-free": Profile(10.0, 1.6, 1.6, tie=0.7, spread=1.6, never_creditors=0.0),
    "trade-credit": Profile(4.5, 1.8, 1.1, tie=0.5, spread=2.1, never_creditors=0.6),
}


def network(profile: Profile, obligations: int, *, seed: int) -> pa.Table:
    """A table of *obligations* rows: id, debtor, creditor, currency, amount_minor, due."""
    dice = np.random.default_rng(seed)
    firms = max(3, round(obligations / profile.obligations_a_firm))
    owing, owed = _weights(profile, firms, dice)
    debtor, creditor = _drawn(owing, obligations, dice), _drawn(owed, obligations, dice)
    while (alike := np.flatnonzero(debtor == creditor)).size:
        debtor[alike], creditor[alike] = _drawn(owing, alike.size, dice), _drawn(owed, alike.size, dice)
    pull = SIZE_PULL * np.log(owing[debtor] * owed[creditor])
    amount = np.rint(np.exp(np.log(MINOR_MEDIAN) + pull + profile.spread * dice.standard_normal(obligations)))
    names = pa.array([f"F{number:07d}" for number in range(firms)])
    return pa.table(
        {
            "id": pa.array([f"INV-{number:08d}" for number in range(1, obligations + 1)]),
            "debtor": names.take(pa.array(debtor)),
            "creditor": names.take(pa.array(creditor)),
            "currency": pa.array(["EUR"]).take(pa.array(np.zeros(obligations, np.int8))),
            "amount_minor": np.maximum(amount, 1).astype(np.int64),
            "due": pa.array((FIRST_DUE + dice.integers(0, DUE_DAYS, obligations)).astype(np.int32)).cast(pa.date32()),
        }
    )


def _weights(profile: Profile, firms: int, dice: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    size, as_debtor, as_creditor = dice.standard_normal((3, firms))
    own, shared = np.sqrt(1 - profile.tie), np.sqrt(profile.tie) * size
    owing = _pareto(shared + own * as_debtor, profile.debtor_tail)
    owed = _pareto(shared + own * as_creditor, profile.creditor_tail)
    small_first = np.argsort(owed + owed.mean() * dice.random(firms))
    owed[small_first[: int(profile.never_creditors * firms)]] = 0.0
    return owing, owed


def _pareto(score: NDArray[np.float64], tail: float) -> NDArray[np.float64]:
    """Weights by rank of *score*: the share of firms above w falls as w to the power of minus *tail*."""
    rank = np.empty(len(score))
    rank[np.argsort(-score)] = np.arange(len(score)) + 0.5
    return (rank / len(score)) ** (-1.0 / tail)


def _drawn(weights: NDArray[np.float64], count: int, dice: np.random.Generator) -> NDArray[np.int64]:
    heap = np.cumsum(weights)
    return np.minimum(np.searchsorted(heap, dice.random(count) * heap[-1], side="right"), len(weights) - 1)


def write(table: pa.Table, path: Path) -> None:
    """Parquet as it stands; CSV with decimal amounts in major units, as an export has them."""
    if path.suffix == ".parquet":
        pyarrow.parquet.write_table(table, path)
        return
    digits = pc.utf8_lpad(table["amount_minor"].cast(pa.string()), width=3, padding="0")
    major = pc.binary_join_element_wise(pc.utf8_slice_codeunits(digits, 0, -2), pc.utf8_slice_codeunits(digits, -2), ".")
    place = table.column_names.index("amount_minor")
    pyarrow.csv.write_csv(table.set_column(place, "amount", major), path, pyarrow.csv.WriteOptions(quoting_style="needed"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("profile", choices=PROFILES)
    parser.add_argument("obligations", type=int)
    parser.add_argument("file", type=Path, help="ends with .parquet or .csv")
    parser.add_argument("--seed", type=int, default=1)
    words = parser.parse_args()
    write(network(PROFILES[words.profile], words.obligations, seed=words.seed), words.file)


if __name__ == "__main__":
    main()
