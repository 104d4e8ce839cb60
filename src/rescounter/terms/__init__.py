"""The words that every other room speaks: money, currencies, names, refusals, faults and laws.

Enters: text and integers. Leaves: frozen values. Refuses: nothing by itself; it gives the other
rooms the means to refuse. Laws: splitting money loses no unit; parsing an amount never rounds.
Read `money.py` first, then `refusals.py`.
"""

from rescounter.terms.currencies import INT64_MAX, Exponents
from rescounter.terms.faults import BrokenLaw, CallerFault, EnvironmentFault, Fault, holds, there
from rescounter.terms.money import Money, apportion, format_minor, parse_minor
from rescounter.terms.names import order_of_id
from rescounter.terms.refusals import EXCLUSIONS, REFUSALS, Refusal, RefusalRule

__all__ = [
    "EXCLUSIONS",
    "INT64_MAX",
    "REFUSALS",
    "BrokenLaw",
    "CallerFault",
    "EnvironmentFault",
    "Exponents",
    "Fault",
    "Money",
    "Refusal",
    "RefusalRule",
    "apportion",
    "format_minor",
    "holds",
    "order_of_id",
    "parse_minor",
    "there",
]
