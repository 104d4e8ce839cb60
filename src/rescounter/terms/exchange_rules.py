"""Why a union refuses rates, and steps for which rates are missing: rows of `rescounter.terms.refusals.UNION_REFUSALS`.

Each row: code, rule, precedence, what is wrong, what is allowed, what to do, an example.
"""

from __future__ import annotations

from typing import Final, TypeAlias

__all__ = ["EXCHANGE_RULES"]

_Row: TypeAlias = tuple[str, str, int, str, str, str, str]

EXCHANGE_RULES: Final[tuple[_Row, ...]] = (
    (
        "exchange_does_not_fit",
        "X1",
        8510,
        "a rule of the chapter exchange does not go with another rule",
        "rules that agree: what each needs stands beside it",
        "Change one of the two rules, or leave one out.",
        'unit = "USD" in a union whose currencies are ["EUR"]',
    ),
    (
        "rate_malformed",
        "X2",
        8520,
        "a rate or an amount of a basket is no decimal number above zero",
        'digits with at most one decimal point, such as "1.1172", at most 40 characters',
        "Write it as the source publishes it, with a decimal point.",
        "rate 1,1172",
    ),
    (
        "rate_currency_wrong",
        "X3",
        8530,
        "the currency cannot have a rate in this union",
        "a currency of the union or of its basket, other than the base, whose rate is 1",
        "Correct the code; rescounter rates show tells the base and the currencies that need a rate.",
        "a rate of EUR where exchange.base is EUR",
    ),
    (
        "rate_without_source",
        "X4",
        8540,
        "nobody is named who told the rate",
        "1 to 256 visible characters that say where the rate can be looked up",
        "Name the source in the column source.",
        "source (empty)",
    ),
    (
        "rate_without_time",
        "X5",
        8550,
        "the instant for which the rate holds is missing, cannot be read, or has not come",
        "a date or a time such as 2026-03-16T14:15, with an offset or in the zone of the union, not in the future",
        "Write the time that the source gives the rate; a date alone is its first instant.",
        "at 16.03.2026",
    ),
    (
        "rate_twice",
        "X6",
        8560,
        "the same currency has two rates for one instant",
        "one rate for each currency and instant",
        "Delete the row that is wrong.",
        "USD 1.1172 and USD 1.1171, both of 2026-03-16T14:15",
    ),
    (
        "rates_not_taken",
        "X7",
        8570,
        "the rulebook converts and values nothing, or by fixed rates",
        'rates where exchange.unit names a unit, pairs settle or exchange.base names a currency, and exchange.rates is "dated"',
        "Change the rulebook first: rescounter rulebook change.",
        "rescounter rates set in a union in which every currency settles by itself",
    ),
    (
        "rates_not_published",
        "X8",
        8580,
        "the shipped history has no reference rates of the European Central Bank for this, or the union's base is not EUR",
        "a day on which the bank published, within the history; exchange.base = EUR",
        "Take a business day that the message names, or set rates from a file: rescounter rates set FILE.",
        "rescounter rates ecb --date 2026-12-25",
    ),
    (
        "rate_missing",
        "X9",
        8610,
        "a currency of the cycle has no rate, so nothing can be converted or valued, and nothing is cleared",
        "a rate for each currency of the cycle, of the basket and of settlement (of pairs: of the union), by the end of the corrections",
        "Set the rates that are missing, with that time or before: rescounter rates set FILE; then clear again.",
        "no rate for INR by 2026-03-16 12:00 UTC, base USD",
    ),
    (
        "rate_too_old",
        "X10",
        8620,
        "the latest rate of a currency is older than the rulebook allows",
        "rates of at most exchange.rate_days days before the end of the corrections",
        "Set rates of those days: rescounter rates set FILE; then clear again.",
        "INR of 2026-03-01 12:00 UTC",
    ),
    (
        "settlement_currency_wrong",
        "X11",
        8630,
        "the member cannot settle in this currency",
        "a currency of the union, where exchange.members_choose is true, for a member that settles by itself",
        "Leave settles_in empty, so that it settles in the unit, or change the rulebook.",
        "--settles-in GBP where the union has USD and EUR",
    ),
    (
        "dealing_wrong",
        "X12",
        8640,
        "more is dealt than the union took over from its members, or the reference stands for another dealing",
        "at most what stands on */exchange of both currencies, on the side on which it stands, under a reference of its own",
        "rescounter rates show tells what is to be dealt.",
        "100 USD sold, where 80 USD are to be sold",
    ),
    (
        "conversion_too_large",
        "X13",
        8650,
        "what the cycle would convert does not fit 64-bit integers in the currency into which it is converted",
        "at most 2,305,843,009,213,693,951 minor units together, so that interest and credit have room",
        "Look whether a rate is told the wrong way round, or give the unit fewer digits in a later rulebook.",
        "a rate of 0.0067 JPY for a dollar, where 150 is meant",
    ),
)
