"""Accounts and settlements between equals: clear obligations exactly, and prove it.

>>> import rescounter
>>> result = rescounter.clear("obligations.csv")        # doctest: +SKIP
>>> result.summary["currencies"]["EUR"]["cleared_minor"]  # doctest: +SKIP

`clear` takes a file or any Arrow table (Polars, pandas, PyArrow, DuckDB) and returns a `Result`.
Importing this module loads nothing heavy; the rooms are opened when they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rescounter._version import __version__

if TYPE_CHECKING:
    from rescounter.facade.clearing import clear
    from rescounter.facade.result import Result
    from rescounter.terms import BrokenLaw, CallerFault, EnvironmentFault, Fault

__all__ = ["BrokenLaw", "CallerFault", "EnvironmentFault", "Fault", "Result", "__version__", "clear"]

_HOME = {
    "clear": "rescounter.facade.clearing",
    "Result": "rescounter.facade.result",
    "BrokenLaw": "rescounter.terms",
    "CallerFault": "rescounter.terms",
    "EnvironmentFault": "rescounter.terms",
    "Fault": "rescounter.terms",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'rescounter' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value
