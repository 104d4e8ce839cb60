"""A mapping that is never changed and cheap to follow: a large layer below, a small one above it.

`changed` copies the small layer alone, and melts both into one when it has grown, so that a hundred thousand
acts of one member each cost no more than a hundred of a thousand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

__all__ = ["Layers"]

_K = TypeVar("_K")
_V = TypeVar("_V")

_UPPER_MAX: Final = 2_000


@dataclass(frozen=True, slots=True)
class Layers(Mapping[_K, _V], Generic[_K, _V]):
    """What stands in *upper* hides what stands in *lower*; keys never leave. Order: that of first arrival within each layer."""

    # Dictionaries, not views of them: copying one is ten times as fast. Nobody writes to them once they stand here.
    lower: dict[_K, _V] = field(default_factory=dict)
    upper: dict[_K, _V] = field(default_factory=dict)

    def changed(self, items: Mapping[_K, _V]) -> Layers[_K, _V]:
        """The mapping with these items put in. Cost: at most 2,000 items, now and then all of them."""
        upper = {**self.upper, **items}
        return Layers({**self.lower, **upper}, {}) if len(upper) > _UPPER_MAX else Layers(self.lower, upper)

    def __getitem__(self, key: _K) -> _V:
        return self.upper[key] if key in self.upper else self.lower[key]

    def find(self, key: _K) -> _V | None:
        """What stands under *key*, or None; faster than `get`."""
        return self.upper[key] if key in self.upper else self.lower.get(key)

    def __contains__(self, key: object) -> bool:
        return key in self.upper or key in self.lower

    def __iter__(self) -> Iterator[_K]:
        yield from self.lower
        yield from (key for key in self.upper if key not in self.lower)

    def __len__(self) -> int:
        return len(self.lower) + sum(key not in self.lower for key in self.upper)

    def flat(self) -> dict[_K, _V]:
        """Both layers as one dictionary, in the order of iteration."""
        return {**self.lower, **self.upper}
