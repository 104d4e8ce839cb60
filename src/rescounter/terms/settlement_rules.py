"""Why a union refuses pay-ins and what they are reconciled with: rows of `rescounter.terms.refusals.UNION_REFUSALS`.

Each row: code, rule, precedence, what is wrong, what is allowed, what to do, an example.
"""

from __future__ import annotations

from typing import Final, TypeAlias

__all__ = ["SETTLEMENT_RULES"]

_Row: TypeAlias = tuple[str, str, int, str, str, str, str]

SETTLEMENT_RULES: Final[tuple[_Row, ...]] = (
    (
        "pay_in_unreadable",
        "P1",
        10,
        "the row or entry cannot be read as one payment",
        "one payment in each row; an entry of a statement with an amount, a currency and a side",
        "Export the file again; if it is what the bank sent, hand the entry in as a CSV row.",
        "a row with fewer cells than the header",
    ),
    (
        "pay_in_without_reference",
        "P2",
        20,
        "the bank's reference is missing or unusable, so a second telling could not be recognised",
        "a reference of 1 to 128 visible characters, the same each time the bank tells of this payment",
        "Take the reference from the account statement, and hand the payment in as a CSV row.",
        "reference (empty)",
    ),
    (
        "pay_in_not_an_amount",
        "P3",
        30,
        "the amount is no plain decimal number of its currency",
        "digits with at most one decimal point and no more decimal digits than the currency has, within 64 bits",
        "Write the amount as the statement of the account has it.",
        "amount 1.234,56",
    ),
    (
        "pay_in_not_positive",
        "P4",
        40,
        "the amount is zero or below",
        "an amount above zero: money that came in",
        "Leave out money that went out; it is posted by the union itself.",
        "amount -50.00",
    ),
    (
        "pay_in_currency_unknown",
        "P5",
        50,
        "the currency is no code of ISO 4217 nor one of the rulebook",
        "a current ISO 4217 code such as EUR, or one to which the rulebook gives decimal digits",
        "Correct the code.",
        "currency EURO",
    ),
    (
        "pay_in_without_day",
        "P6",
        60,
        "the day on which the bank booked it is missing or no date",
        "a date such as 2026-03-31",
        "Take the booking day from the account statement.",
        "booked 31.03.26",
    ),
    (
        "pay_in_not_booked",
        "P7",
        70,
        "the bank announces the payment and has not booked it",
        "booked entries (status BOOK)",
        "Wait for the statement or notification that says that it is booked.",
        "an entry with the status PDNG",
    ),
    (
        "pay_in_reversed",
        "P8",
        80,
        "the bank takes back an entry; a pay-in that was booked in the ledger is not undone by a file",
        "credit entries that are no reversals",
        "Find the payment under its reference, and settle with the member how it is made good.",
        "an entry with RvslInd true",
    ),
    (
        "pay_in_not_split",
        "P9",
        90,
        "an entry bundles several payments and does not say how much each is, or they do not add up to it",
        "payments with amounts of their own that sum to the entry",
        "Ask the bank for the notification (camt.054) with the single payments, and hand that in.",
        "an entry of 300.00 with two payments, one of them without an amount",
    ),
    (
        "pay_in_account_foreign",
        "P10",
        100,
        "the statement is of an account that is not the union's settlement account",
        "the account that the rulebook names for the currency (settlement.accounts)",
        "Hand in the statement of the settlement account, or correct the rulebook.",
        "a statement of DE02120300000000202051",
    ),
    (
        "pay_in_reference_taken",
        "P11",
        110,
        "the bank gave this reference before, to a payment with other content",
        "one payment for each reference; the same content when it is told again",
        "Compare both tellings with the bank's statement; hand the right one in under the reference that the bank gives it.",
        "reference B-17 with 100.00 EUR of ANA, and before with 110.00 EUR of ANA",
    ),
)
