"""The header of a table: which of its columns is the debtor, the creditor, the amount.

A name fits when it equals a name of `COLUMNS`, or the one that ``--columns`` gives for it, after
trimming; first as written, then without regard to case. Everything that is wrong with a header is
said in one fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from rescounter.intake.submitted import COLUMN_REQUIRED, COLUMNS
from rescounter.terms import CallerFault
from rescounter.terms.refusals import shown

__all__ = [
    "ACCOUNT_COLUMNS",
    "ANSWER_COLUMNS",
    "EXPOSURE_COLUMNS",
    "MEMBER_COLUMNS",
    "PAY_IN_COLUMNS",
    "RATE_COLUMNS",
    "SCENARIO_COLUMNS",
    "TRANSFER_COLUMNS",
    "WHITE_SPACE",
    "Header",
    "find_header",
    "is_header",
    "match_header",
    "trimmed",
    "wanted_names",
]

ACCOUNT_COLUMNS: Final = ("id", "member", "currency", "limit", "limit_minor", "purpose")
"""Every column of a file of accounts of a ledger."""

ANSWER_COLUMNS: Final = ("submitter", "id", "answer", "reason")
"""Every column of a file of answers to what others handed in."""

EXPOSURE_COLUMNS: Final = ("member", "class", "exposure", "record_contributed", "record_lost")
"""Every column of a file of exposures in a policy year; the record that is brought from another pool may be left out."""

SCENARIO_COLUMNS: Final = ("name", "loss_ratio_percent", "large_claim")
"""Every column of a file of scenarios of losses; *large_claim* may be left out."""

MEMBER_COLUMNS: Final = ("code", "name", "lei", "bic", "country", "group", "under", "account", "key", "settles_in")
"""Every column of a file of members that join."""

PAY_IN_COLUMNS: Final = ("reference", "member", "currency", "amount", "amount_minor", "booked", "payer", "account", "remittance")
"""Every column of a file of pay-ins; *account* is the payer's."""

RATE_COLUMNS: Final = ("currency", "rate", "source", "at")
"""Every column of a file of rates of exchange."""

TRANSFER_COLUMNS: Final = (
    *("id", "debit", "credit", "amount", "amount_minor", "currency", "kind", "cycle"),
    *("flag", "pending_id", "expires_at", "reverses", "effective_at", "memo"),
)
"""Every column of a file of transfers of a ledger."""

WHITE_SPACE: Final = " \t\n\r\x0b\x0c\u00a0"
"""What is trimmed from both ends of a cell: ASCII white space and the no-break space."""

_NAMES_SHOWN_MAX: Final = 12
_AMOUNTS: Final = ("amount", "amount_minor")


@dataclass(frozen=True, slots=True)
class Header:
    """Where the columns stand: *places* by canonical name; *ignored* are the other names, as found."""

    places: Mapping[str, int]
    ignored: tuple[str, ...]


def trimmed(text: str) -> str:
    """*text* without `WHITE_SPACE` around it."""
    return text.strip(WHITE_SPACE)


def wanted_names(columns: Mapping[str, str]) -> dict[str, str]:
    """The name looked for in the file for every name of `COLUMNS`; *columns* overrides some.

    Who names one of amount and amount_minor does not want the other.
    Refuses: a key that is no column, an empty name, one name for two columns (option_invalid).
    """
    unknown = sorted(set(columns) - set(COLUMNS))
    if unknown:
        raise CallerFault("option_invalid", f"--columns names {_listed(unknown)}; the columns are {_listed(COLUMNS)}", unknown=unknown)
    given = {name: trimmed(found) for name, found in columns.items()}
    if "" in given.values() or len(set(given.values())) < len(given):
        raise CallerFault("option_invalid", "--columns must give each column a name of its own", columns=dict(columns))
    for column in set(COLUMN_REQUIRED) & set(COLUMNS):
        if column not in given and column in given.values():
            raise CallerFault(
                "option_invalid", f"--columns takes the column {column} for another one: name it as well", columns=dict(columns)
            )
    taken = {*given.values(), *(_AMOUNTS if set(_AMOUNTS) & set(given) else ())}
    return {name: given.get(name, name) for name in COLUMNS if name in given or name not in taken}


def match_header(names: Sequence[str], wanted: Mapping[str, str]) -> Header:
    """Find every wanted column among *names*.

    Args: *names* as the file has them, in order; *wanted* from `wanted_names`.
    Refuses: a column missing or standing twice, both or neither of the amounts; all in one fault,
    under the code of the first.
    """
    cleaned = [trimmed(name) for name in names]
    found = {column: _places_of(name, cleaned) for column, name in wanted.items()}
    places = {column: standing[0] for column, standing in found.items() if standing}
    required = _required(wanted)
    missing = [column for column in wanted if column not in places and (column in required or wanted[column] != column)]
    problems = [
        ("column_missing", f"there is no column {shown(wanted[column])}{_suggestion(wanted[column], cleaned)}") for column in missing
    ]
    problems += [
        ("column_twice", f"the column {column} stands {len(standing)} times ({_listed(cleaned[place] for place in standing)})")
        for column, standing in found.items()
        if len(standing) > 1
    ]
    if set(_AMOUNTS) & set(wanted) and not set(_AMOUNTS) & set(missing):
        problems += _amount_problems(places, cleaned)
    if problems:
        raise _fault(problems, cleaned)
    taken = set(places.values())
    return Header(places, tuple(name for place, name in enumerate(cleaned) if place not in taken))


def is_header(names: Sequence[str], wanted: Mapping[str, str]) -> bool:
    """True when a row names at least debtor and creditor, or what its kind of table must have, so that it can be meant as the header."""
    cleaned = [trimmed(name) for name in names]
    return all(_places_of(wanted[column], cleaned) for column in _required(wanted))


def _required(wanted: Mapping[str, str]) -> tuple[str, ...]:
    """Columns that this kind of table must have, of those that are wanted."""
    if "debit" in wanted:
        return "id", "debit", "credit"
    if "limit" in wanted:
        return "id", "member", "currency"
    if "answer" in wanted:
        return "submitter", "id", "answer"
    if "lei" in wanted:
        return "code", "name"
    if "booked" in wanted:
        return "reference", "currency", "booked"
    if "exposure" in wanted:
        return "member", "class", "exposure"
    if "loss_ratio_percent" in wanted:
        return "name", "loss_ratio_percent"
    return tuple(column for column in COLUMN_REQUIRED if column in wanted)


def find_header(rows: Sequence[Sequence[str]], wanted: Mapping[str, str]) -> int:
    """Place of the header among the first *rows* of a file: the first row with any cell.

    Refuses: no such row (input_empty); a header that stands below other rows or lacks names
    (header_merged); rows without any header (header_missing).
    """
    filled = [place for place, row in enumerate(rows) if any(trimmed(cell) for cell in row)]
    if not filled:
        raise CallerFault("input_empty", "the table holds no cell")
    first = rows[filled[0]]
    if is_header(first, wanted):
        _refuse_unnamed(first, filled[0] + 1)
        return filled[0]
    for place in filled[1:]:
        if is_header(rows[place], wanted):
            message = (
                f"row {place + 1} seems to be the header, but other rows stand above it; the first holds {_listed(filter(None, first))}"
            )
            raise CallerFault("header_merged", message, header_row=place + 1)
    if any(_is_number(cell) for cell in first):
        raise CallerFault(
            "header_missing", f"the first row names no columns: it holds {_listed(first)}", first_row=list(first)[:_NAMES_SHOWN_MAX]
        )
    return filled[0]


def _refuse_unnamed(names: Sequence[str], row: int) -> None:
    """A column without a name may stand first (an index) or last; in between, cells were merged."""
    named = [place for place, name in enumerate(names) if trimmed(name)]
    unnamed = [place + 1 for place in range(named[0] + 1, named[-1]) if not trimmed(names[place])]
    if unnamed:
        places = ", ".join(str(place) for place in unnamed[:_NAMES_SHOWN_MAX])
        raise CallerFault("header_merged", f"row {row} is the header, but it gives column {places} no name", columns=unnamed)


def _places_of(name: str, names: Sequence[str]) -> list[int]:
    exact = [place for place, found in enumerate(names) if found == name]
    return exact or [place for place, found in enumerate(names) if found.casefold() == name.casefold()]


def _amount_problems(places: Mapping[str, int], names: Sequence[str]) -> list[tuple[str, str]]:
    present = [name for name in _AMOUNTS if name in places]
    if len(present) == 2:
        return [("amount_columns", "both amount and amount_minor are there")]
    if not present:
        return [("amount_columns", f"there is neither amount nor amount_minor{_suggestion('amount', names)}")]
    return []


def _suggestion(name: str, names: Sequence[str]) -> str:
    by_folded = {found.casefold(): found for found in names if found}
    close = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return f" (did you mean {shown(by_folded[close[0]])}?)" if close else ""


def _fault(problems: Sequence[tuple[str, str]], names: Sequence[str]) -> CallerFault:
    said = "; ".join(text for _, text in problems)
    codes = [code for code, _ in problems]
    return CallerFault(codes[0], f"{said}. The columns found are: {_listed(names)}", problems=codes, columns=list(names)[:_NAMES_SHOWN_MAX])


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    text = ", ".join(shown(name) for name in names[:_NAMES_SHOWN_MAX])
    return text + (f" and {len(names) - _NAMES_SHOWN_MAX} more" if len(names) > _NAMES_SHOWN_MAX else "")


def _is_number(cell: str) -> bool:
    digits = trimmed(cell).lstrip("+-").replace(".", "").replace(",", "")
    return digits.isascii() and digits.isdigit()
