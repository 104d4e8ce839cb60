"""A payments union, twelve months of it: what the pack `payments-union` does, period by period, with numbers that a pencil can follow.

Four central banks owe each other dollars, euro and yen. Every two months what can be set off is; the rest becomes one position of each in
dollars, at rates that are frozen at the cut-off, and is paid within four business days. What was due before bears interest.
"""

import pytest

from tests.journeys.plays import Play


@pytest.fixture(scope="module")
def union(tmp_path_factory):
    play = Play(tmp_path_factory.mktemp("payments-union"))
    play.found("payments-union", at="2026-01-05T09:00")
    return play


def test_in_february_positions_become_dollars_and_an_old_debt_bears_interest(union):
    # ana's ten million were due on 3 January, 61 days before 5 March: 10,000,000 * 4.5% * 61/360 = 76,250, which bo gets (rule R3).
    # A dollar buys EUR 0.90 and JPY 150, so bo's EUR 9,000 and cy's JPY 1,500,000 are USD 10,000 each: cy ends at zero.
    union.play("""
        at 2026-01-05T10:00
        joins ana bo cy dee
        opens 2026-02-27                                        # the 28th is a Saturday
        at 2026-02-26T10:00
        owes ana bo 10000000.00 in USD due 2026-01-03 as A-1
        owes bo  cy     9000.00 in EUR as B-1
        owes cy  ana    1500000 in JPY as C-1
        rates EUR 0.90 USD 1                                    | refused rate_currency_wrong
        at 2026-02-27T12:00
        does cut-off
        does clear                                              | refused rate_missing
        rates EUR 0.90 JPY 150 of 2026-02-27T11:00
        runs to cleared (final)
        then    net           interest    in-unit       pays-in      is-paid  USD
          ana   -10000000.00  -76250.00  -10066250.00  10066250.00  -
          bo     10000000.00   76250.00   10066250.00  -            10066250.00
          cy    -             -          -             -            -
          all   -             -          -             10066250.00  10066250.00
        then    net  EUR
          bo   -9000.00
          cy    9000.00
        rates EUR 0.50 JPY 75 of 2026-02-27T11:30               # for later cycles: these rates are frozen
        pays ana 10066250.00 in USD ref W1
        runs to funded
        at 2026-03-05T17:00
        runs to closed
        then    paid        cash  USD
          ana   10066250.00  -
          bo    -            -
          cy    -            -
        savings gross      netted    cash         left  USD
          all   10020000.00  30000.00   9990000.00  -              # interest is no debt of the cycle
        proven
    """)


def test_in_april_a_cent_is_left_over_by_rounding(union):
    # At 0.93, EUR 10.00 are 10.7526 dollars and EUR 30.00 are 32.2580: three times 10.75 is a cent less than 32.26.
    union.play("""
        opens 2026-04-30
        at 2026-04-29T10:00
        owes ana bo  10.00 as A-2
        owes ana cy  10.00 as A-3
        owes ana dee 10.00 as A-4
        rates EUR 0.93 JPY 151.37
        at 2026-04-30T12:00
        runs to cleared (final)
        then    in-unit  pays-in  is-paid  USD
          ana   -32.26   32.26    -
          bo     10.75   -        10.75
          cy     10.75   -        10.75
          dee    10.75   -        10.75
          all    -0.01   32.26    32.25
        pays ana 32.26 in USD ref W2
        runs to funded
        at 2026-05-06T17:00
        runs to closed
        proven
    """)
    assert union.ask("rates", "show")["at_the_centre"] == [{"account": "*/rounding/USD", "currency": "USD", "balance_minor": 1}]


def test_in_june_who_is_late_is_carried_in_every_currency(union):
    # dee owes ana EUR 1,000.00 and is owed JPY 151,370 by cy; it does not pay. Both items are carried, and ana, which owed nothing net,
    # is called for the USD 1,000.00 that it owes bo.
    union.play("""
        opens 2026-06-30
        at 2026-06-29T10:00
        owes dee ana 1000.00 as D-1
        owes ana bo   930.00 as A-5
        owes cy  dee  151370 in JPY as C-2
        rates EUR 0.93 JPY 151.37
        at 2026-06-30T12:00
        runs to cleared (final)
        then    in-unit  pays-in  is-paid  USD
          ana     75.27  -        75.27
          bo    1000.00  -        1000.00
          cy   -1000.00  1000.00  -
          dee    -75.27  75.27    -
          all   -        1075.27  1075.27
        pays cy 1000.00 in USD ref W3
        at 2026-07-07T10:00
        runs to cleared (final)
        then    in-unit  pays-in  is-paid  USD
          ana  -1000.00  1000.00  -
          bo    1000.00  -        1000.00
          cy   -         -        -
          dee  -         -        -
          all  -         1000.00  1000.00
        pays ana 1000.00 in USD ref W4
        at 2026-07-09T17:00
        runs to closed
        then    owes    net      carried  EUR
          ana   930.00  -930.00  -
          bo   -         930.00  -
          dee  1000.00  -        1000.00
        then    cash  USD
          cy   1000.00                                          # what it paid in stays its own
          ana  -
          bo   -
          dee  -
        proven
    """)


def test_in_august_what_was_carried_settles_at_the_rates_of_august(union):
    # EUR 1,000.00 are now USD 1,250.00, JPY 151,370 USD 1,000.00: dee owes 250.00 net. cy has 1,000.00 on its account and pays nothing in.
    union.play("""
        opens 2026-08-31
        at 2026-08-26T10:00
        rates EUR 0.80 JPY 151.37
        at 2026-08-31T12:00
        does cut-off
        does clear                                              | refused rate_too_old
        rates EUR 0.80 JPY 151.37 of 2026-08-31T10:00
        runs to cleared (final)
        then    in-unit  pays-in  is-paid  USD
          ana   1250.00  -        1250.00
          cy   -1000.00  -        -
          dee   -250.00  250.00   -
          all  -         250.00   1250.00
        pays dee 250.00 in USD ref W5
        runs to funded
        at 2026-09-04T17:00
        runs to closed
        then    paid    cash  USD
          ana  -       -
          cy   -       -
          dee  250.00  -
        proven
    """)


def test_in_october_a_member_leaves_and_its_debt_is_settled_at_the_usual_date(union):
    # bo's notice of Thursday 29 October takes effect on Tuesday 3 November. Its USD 200.00 were due on 6 October, 30 days before
    # 5 November: 200 * 4.5% * 30/360 = 0.75.
    union.play("""
        opens 2026-10-30
        at 2026-10-29T10:00
        owes bo cy 200.00 in USD due 2026-10-06 as B-2
        leaves bo
        at 2026-10-30T12:00
        runs to cleared (final)
        then    net      interest  in-unit  pays-in  is-paid  USD
          bo   -200.00  -0.75     -200.75  200.75   -
          cy    200.00   0.75      200.75  -        200.75
          all  -         -        -        200.75   200.75
        pays bo 200.75 in USD ref W6
        runs to funded
        at 2026-11-05T17:00
        runs to closed
        proven
    """)


def test_in_december_only_what_set_off_left_bears_the_interest_of_the_period(union):
    # The rate of the period is 3.6%. USD 500 go round from ana to cy, dee and back; of ana's 1,000 half is left, due on 8 December,
    # 30 days before 7 January: 500 * 3.6% * 30/360 = 1.50.
    union.play("""
        at 2026-11-06T10:00
        rules credit.debit_rate "3.6"
        opens 2026-12-31
        at 2026-12-30T10:00
        owes ana cy 1000.00 in USD due 2026-12-08 as A-6
        owes cy dee  500.00 in USD due 2026-12-08 as C-3
        owes dee ana 500.00 in USD due 2026-12-08 as D-2
        owes ana bo   10.00 in USD as A-7                       | refused creditor_no_member
        at 2026-12-31T12:00
        runs to cleared (final)
        then    owes     set-off  net      interest  in-unit  pays-in  is-paid  USD
          ana  1000.00   500.00  -500.00  -1.50     -501.50  501.50   -
          cy    500.00   500.00   500.00   1.50      501.50  -        501.50
          dee   500.00   500.00  -        -          -       -        -
          all  2000.00  1500.00  -        -          -       501.50   501.50
        pays ana 501.50 in USD ref W7
        runs to funded
        at 2027-01-07T17:00
        runs to closed
        proven
    """)


def test_in_the_new_year_a_member_in_net_deficit_may_ask_for_a_swap(union):
    # In 2026 ana paid USD 10,000,000.00 in February, EUR 30.00 in April (at 0.93, 32.258), EUR 930.00 in June (1,000.00) and USD 1,000.00
    # in December: 10,002,032.258 together. A fifth of it is 2,000,406.45, rounded down. dee, which is owed, may ask for nothing.
    union.play("""
        opens 2027-02-26                                        # the 28th is a Sunday
        at 2027-02-25T10:00
        owes ana dee 10.00 in USD as A-8
        rates EUR 0.80 JPY 150
        at 2027-02-26T12:00
        runs to cleared (final)
        then  in-unit  swap  USD
          ana  -10.00  2000406.45
          dee   10.00  -
        pays ana 4.00 in USD ref W8
        pays cy  6.00 in USD ref W9                             # what it gives
    """)
    entitled = union.ask("swap", "show", "ana")["entitlement"]
    assert (entitled["deficit_minor"], entitled["entitlement_minor"]) == (10_00, 2_000_406_45)
    refused = union.ask("swap", "draw", "dee", "1.00", "--from", "cy", "--reference", "S-0", code=3)
    assert refused["refusals"][0]["code"] == "swap_not_in_deficit"
    asked = union.ask("swap", "draw", "ana", "6.00", "--from", "cy", "--reference", "S-1")
    union.agree(asked)
    union.play("""
        at 2027-03-04T17:00
        runs to closed
        then    cash  swaps  USD
          ana  -     -6.00
          cy   -      6.00
        proven
    """)


def test_in_may_the_swap_is_repaid_with_two_months_of_interest(union):
    # 6.00 at 4.5% from 4 March until 3 May, 60 days of 360: 0.045, which half-even is 0.04. A day later it would be overdue.
    union.play("""
        at 2027-05-03T10:00
        pays ana 6.04 in USD ref W10                           | late
    """)
    (owed,) = union.ask("status")["swaps"]
    assert (owed["member"], owed["amount_minor"], owed["interest_minor"], owed["due"], owed["state"]) == (
        "ana",
        600,
        4,
        "2027-05-04",
        "open",
    )
    union.agree(union.ask("swap", "repay", "S-1"))
    union.play("""
        then    cash  swaps  USD
          ana  -     -
          cy   6.04  -
    """)
    assert union.ask("status")["swaps"] == []
