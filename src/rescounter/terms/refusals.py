"""Refusals: why one row was not taken, what is allowed, which rule says so, and what mends it.

A refusal is a value, one for each bad row, never an exception. When a row breaks several rules the
one with the lowest precedence is reported. Codes are never reused; `docs/REFUSALS.md` is generated
from this table and tested against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rescounter.terms.council_rules import COUNCIL_RULES
from rescounter.terms.credit_rules import CREDIT_RULES
from rescounter.terms.cycle_rules import CYCLE_RULES
from rescounter.terms.dispute_rules import DISPUTE_RULES
from rescounter.terms.exchange_rules import EXCHANGE_RULES
from rescounter.terms.guarantee_rules import GUARANTEE_RULES
from rescounter.terms.insurance_rules import INSURANCE_RULES
from rescounter.terms.ledger_rules import LEDGER_RULES
from rescounter.terms.member_rules import MEMBER_RULES
from rescounter.terms.pair_rules import PAIR_RULES
from rescounter.terms.rulebook_rules import RULEBOOK_RULES
from rescounter.terms.settlement_rules import SETTLEMENT_RULES
from rescounter.terms.submission_rules import SUBMISSION_RULES
from rescounter.terms.swap_rules import SWAP_RULES

__all__ = ["EXCLUSIONS", "LEDGER_REFUSALS", "REFUSALS", "UNION_REFUSALS", "Exclusion", "Refusal", "RefusalRule", "shown"]

_SHOWN_LENGTH_MAX: Final = 80


@dataclass(frozen=True, slots=True)
class RefusalRule:
    """One rule of admission: *precedence* decides which of several broken rules is reported."""

    code: str
    rule: str
    precedence: int
    meaning: str
    allowed: str
    what_to_do: str
    example: str


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why an admitted obligation was kept out of this run; it stays owed in full."""

    code: str
    rule: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused row: *row* is the 1-based data row, *id* the obligation's id or the row number."""

    row: int
    id: str
    code: str
    found: str
    allowed: str
    what_to_do: str

    @property
    def rule(self) -> str:
        """The rule of admission, of the ledger or of the union that is broken."""
        return (REFUSALS.get(self.code) or LEDGER_REFUSALS.get(self.code) or UNION_REFUSALS[self.code]).rule


def shown(cell: object) -> str:
    """A cell as it may be printed: hidden characters escaped, cut at 80 characters, never empty."""
    text = "(empty)" if cell is None or cell == "" else str(cell)
    safe = "".join(character if character.isprintable() else f"\\u{ord(character):04x}" for character in text[: _SHOWN_LENGTH_MAX + 1])
    return safe if len(safe) <= _SHOWN_LENGTH_MAX else safe[: _SHOWN_LENGTH_MAX - 1] + "…"


_RULES: Final = (
    RefusalRule(
        "unreadable_row",
        "A1",
        10,
        "the row cannot be split into the columns of the header",
        "one cell for each column of the header; one JSON object on each line",
        "Mend this row, or export the file again.",
        '"ANA,BO,100" with a quote that never closes',
    ),
    RefusalRule(
        "missing_field",
        "A2",
        20,
        "debtor, creditor or amount is empty",
        "a debtor, a creditor and an amount in each row",
        "Fill the cell, or delete the row.",
        "debtor (empty)",
    ),
    RefusalRule(
        "not_a_number",
        "A3",
        30,
        "the amount is no plain decimal number",
        "digits with at most one decimal point, such as 1234.50",
        "Write the amount as a plain number.",
        "amount 1.234,56",
    ),
    RefusalRule("zero_amount", "A4", 40, "the amount is zero", "an amount above zero", "Delete the row: nothing is owed.", "amount 0.00"),
    RefusalRule(
        "negative_amount",
        "A5",
        50,
        "the amount is negative",
        "an amount above zero",
        "Swap debtor and creditor if it is a credit note, or delete the row.",
        "amount -12.00",
    ),
    RefusalRule(
        "too_precise",
        "A6",
        60,
        "the amount has more decimal digits than its currency",
        "at most the decimal digits of the currency (ISO 4217)",
        "Round it at the source, where both parties agree on the result; nothing is rounded here.",
        "amount 10.005 EUR",
    ),
    RefusalRule(
        "beyond_exact_float",
        "A7",
        70,
        "the cell is a binary floating-point number too large to be exact",
        "below 9,007,199,254,740,992 minor units in a floating-point cell",
        "Store the column as text, integer or decimal.",
        "amount 9007199254740993 in a spreadsheet's number cell",
    ),
    RefusalRule(
        "beyond_int64",
        "A8",
        80,
        "the amount does not fit 64-bit integers",
        "at most 9,223,372,036,854,775,807 minor units",
        "Check the amount; split it if it is right.",
        "amount 99999999999999999999",
    ),
    RefusalRule(
        "unknown_currency",
        "A9",
        90,
        "the currency is no code of ISO 4217, or has no minor units there",
        "a current ISO 4217 code such as EUR; empty means XXX",
        "Correct the code, or declare its decimal digits with --exponent CODE=DIGITS.",
        "currency EURO",
    ),
    RefusalRule(
        "self_obligation",
        "A10",
        100,
        "debtor and creditor are the same member",
        "two different members",
        "Correct the parties, or delete the row.",
        "ANA owes ANA",
    ),
    RefusalRule(
        "repeated_row",
        "A11",
        110,
        "the same obligation stands here again, with the same id and content",
        "each obligation once",
        "Nothing: it was counted once. Delete the repetition if you like.",
        "id INV-7 again, equal in every column",
    ),
    RefusalRule(
        "duplicate_id",
        "A12",
        120,
        "several rows share this id but differ",
        "one row for each id",
        "Find out which row is right and give each obligation its own id; none of them was taken.",
        "id INV-7 with 100.00 and with 110.00",
    ),
    RefusalRule(
        "hidden_characters",
        "A13",
        130,
        "a name holds control or invisible characters",
        "visible characters; white space inside, not line breaks",
        "Retype the cell.",
        "debtor ANA\\u200b",
    ),
    RefusalRule(
        "name_too_long",
        "A14",
        140,
        "a code or text is too long",
        "codes up to 64, ids up to 128, class and reference up to 256 characters",
        "Shorten it.",
        "a debtor of 65 characters",
    ),
    RefusalRule(
        "not_composed",
        "A18",
        145,
        "a name is written with separate accents, so that two names could look alike and differ",
        "composed characters (Unicode normal form C)",
        "Normalise the text to NFC at the source; one and the same code must be the same characters everywhere.",
        "debtor Mu\u0308ller with the two dots as a character of their own",
    ),
    RefusalRule(
        "reserved_name",
        "A20",
        147,
        "a party is called as the union's fund (*) or cash (**) are called in a result",
        "any other code",
        "Give the member another code.",
        "debtor *",
    ),
    RefusalRule(
        "not_a_date",
        "A15",
        150,
        "the due date is no date",
        "a date such as 2026-03-31",
        "Write the date as year-month-day.",
        "due 31.03.26",
    ),
    RefusalRule(
        "not_yes_or_no",
        "A16",
        160,
        "divisible is neither yes nor no",
        "yes, no, true, false, 1, 0, or empty for yes",
        "Write yes or no.",
        "divisible perhaps",
    ),
    RefusalRule(
        "not_a_weight",
        "A19",
        165,
        "the weight is no whole number from 1 to 100",
        "a whole number from 1 to 100; empty means 1",
        "Write the weight as a whole number; 100 is the heaviest.",
        "weight 0",
    ),
    RefusalRule(
        "currency_sum_beyond_int64",
        "A17",
        170,
        "all obligations of this currency together do not fit 64-bit integers",
        "at most 9,223,372,036,854,775,807 minor units in sum",
        "Hand this currency in as several files, or in a larger unit; the other currencies were taken.",
        "two rows of 9223372036854775807 XXX",
    ),
)

REFUSALS: Final = MappingProxyType({rule.code: rule for rule in _RULES})
"""Every code of refusal with its rule, in order of precedence."""

LEDGER_REFUSALS: Final = MappingProxyType({row[0]: RefusalRule(*row) for row in LEDGER_RULES})
"""The same for transfers, batches and accounts in the ledger."""

UNION_REFUSALS: Final = MappingProxyType(
    {
        row[0]: RefusalRule(*row)
        for rules in (
            *(MEMBER_RULES, RULEBOOK_RULES, SUBMISSION_RULES, SETTLEMENT_RULES, CYCLE_RULES, COUNCIL_RULES, DISPUTE_RULES),
            *(CREDIT_RULES, GUARANTEE_RULES, EXCHANGE_RULES, INSURANCE_RULES, PAIR_RULES, SWAP_RULES),
        )
        for row in sorted(rules, key=lambda row: row[2])
    }
)
"""The same for what is done in a union."""

EXCLUSIONS: Final = MappingProxyType(
    {
        exclusion.code: exclusion
        for exclusion in (
            Exclusion("indivisible", "E1", "divisible is no: it is never cleared in part, so it is kept out"),
            Exclusion("below_minimum", "E2", "the amount is below the minimum of this run or rulebook"),
            Exclusion("not_yet_due", "E3", "it falls due after the last due date of this run, or after the cut-off"),
            Exclusion("exempt_class", "E4", "its class is exempt by the rulebook"),
            Exclusion("related", "E5", "debtor and creditor belong to one group, which the rulebook exempts"),
            Exclusion("netting_forbidden", "E6", "debtor or creditor is in a country that forbids netting: it is matched, not netted"),
            Exclusion("disputed", "E7", "it is disputed, and waits for the decision"),
            Exclusion("held", "E8", "the counterparty has not agreed yet; it is held for the next cycle"),
            Exclusion("suspended", "E9", "debtor or creditor is suspended, or has left"),
            Exclusion(
                "unpaired",
                "E10",
                "it is half a pair: exactly one other item must go the opposite way between its two members, in another currency, "
                "with the same reference",
            ),
        )
    }
)
"""Every code of the column *excluded*; the first that applies is written."""
