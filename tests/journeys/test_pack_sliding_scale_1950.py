"""A sliding-scale union in its first half year: what the pack `sliding-scale-1950` does, with numbers that a pencil can follow.

Of a debt up to a fifth of the quota nothing is paid in reserves, then 20, 40, 60, 80 and beyond the quota 100 per cent of each fifth; of a
claim beyond a fifth of the quota half. ana and bo have a quota of 500.00, cy of 1000.00. Interest on credit is 2%, by 360 days.
"""

import pytest

from tests.journeys.plays import Play, command


@pytest.fixture(scope="module")
def union(tmp_path_factory):
    play = Play(tmp_path_factory.mktemp("sliding-scale-1950"))
    play.found("sliding-scale-1950", at="2026-01-05T09:00")
    return play


def test_in_the_first_month_the_debtor_pays_ten_and_the_creditor_is_paid_twenty_five(union):
    # ana 100 - 250 = -150: 100 are free, 20% of 50. bo 250 - 100 = +150: half of 50. The union has 50 - 15 = 35; its floor is 10.
    union.play("""
        at 2026-01-05T10:00
        joins ana bo cy
        quotas ana 500.00
        quotas bo 500.00
        quotas cy 1000.00
        capital 50.00 as K-1
        rules credit.floor {EUR="10.00"}
        opens 2026-01-30
        owes ana bo  250.00 as A-1
        owes bo  cy  100.00 as B-1
        owes cy  ana 100.00 as C-1
        at 2026-01-30T17:00
        runs to cleared (preliminary)
        foresees 35.00 misses - paid
        at 2026-02-04T17:00
        runs to cleared (final)
        pays ana 10.00 ref P-1
        at 2026-02-10T17:00
        runs to closed
        items     amount  netted  left  goes-to
          ana/A-1 250.00  250.00  -     -
          bo/B-1  100.00  100.00  -     -
          cy/C-1  100.00  100.00  -     -
        then   owes    is-owed  net      reserves  credit   pays-in  is-paid
          ana  250.00  100.00   -150.00  -10.00    -140.00  10.00    -
          bo   100.00  250.00    150.00   25.00     125.00  -        25.00
          cy   100.00  100.00   -        -         -        -        -
          all  450.00  450.00   -         15.00     -15.00  10.00    25.00
        books ana debit   credit
          Trade-payables     250.00  -
          Trade-receivables  -       100.00
          Clearing-union      10.00  150.00
          Bank               -        10.00
        proven
    """)
    code, page, _ = command("statement", "ana", "-u", union.desk / "union", "--at", union.at)
    assert code == 0
    assert [line.split() for line in page.splitlines() if line.strip().startswith(("Position ", "of it in", "Credit "))] == [
        ["Position", "0.00", "-150.00", "-150.00"],
        ["of", "it", "in", "reserves", "0.00", "-10.00", "-10.00"],
        ["Credit", "0.00", "-140.00", "-140.00"],
    ]


def test_in_the_second_month_both_are_deeper_in_their_quotas(union):
    # ana -400: 20 + 40 + 60 = 120, of which 10 are paid. bo +400: half of 300 = 150, of which 25 are paid. 35 - 15 = 20.
    # Interest from 10 February to 10 March, 28 days: 140 * 2% * 28 / 360 = 0.2178, 125: 0.1944.
    union.play("""
        at 2026-02-11T10:00
        opens 2026-02-27
        owes ana bo  250.00 as A-2
        at 2026-02-27T17:00
        runs to cleared (preliminary)
        foresees 20.00 misses - paid
        at 2026-03-04T17:00
        runs to cleared (final)
        pays ana 110.00 ref P-2
        at 2026-03-10T17:00
        runs to closed
        then   net      position  reserves  credit   accrued
          ana  -250.00  -400.00   -110.00   -280.00  -0.22
          bo    250.00   400.00    125.00    250.00   0.19
          cy   -        -         -         -        -
          all  -        -           15.00    -30.00  -0.03
        proven
    """)


def test_in_the_third_month_the_reversal_would_break_the_floor_until_capital_comes(union):
    # ana -100: 0, so all 120 come back. bo +300: half of 200 = 100, so 50 go back. cy -200: within its first fifth.
    # The union has 20 - 70 = -50, and 0.03 of interest is collected: 59.97 are missing to its floor. It gets 60 more: 10.03.
    # Interest from 10 March to 10 April, 31 days: 280: 0.4822, 250: 0.4306.
    union.play("""
        at 2026-03-11T10:00
        opens 2026-03-30
        owes bo ana 100.00 as B-3
        owes cy ana 200.00 as C-3
        at 2026-03-30T17:00
        runs to cleared (preliminary)
        foresees -49.97 misses 59.97 paid ana
        at 2026-04-02T17:00
        runs to cleared (final)
        pays bo 49.81 ref P-3
        does fund                                               | refused reserves_below_floor
        runs to cleared (final)
        capital 60.00 as K-2
        foresees 10.03 misses - paid
        runs to funded
        at 2026-04-10T17:00
        runs to closed
        then   net      position  reserves  credit   collected  pays-in  is-paid  accrued
          ana   300.00  -100.00    120.00   -100.00  -0.22      -        119.78   -0.48
          bo   -100.00   300.00    -50.00    200.00   0.19      49.81    -         0.43
          cy   -200.00  -200.00   -         -200.00  -          -        -        -
          all  -        -           70.00   -100.00  -0.03      49.81    119.78   -0.05
        proven
    """)
    (event,) = union.ask("status")["events"]
    assert (event["member"], event["code"], event["since"], event["found_minor"]) == ("ana", "debit_half", "2026-04-10", 28_000)


def test_in_the_fourth_month_what_is_beyond_the_quota_is_paid_in_full(union):
    # ana -600: 20 + 40 + 60 + 80 + 100 = 300. bo +600: half of 500 = 250, of which 100 are paid. cy is back at nothing.
    # The union has 10.03 + 150 + 0.05. Interest from 10 April to 12 May, 32 days: 100: 0.1778, 200: 0.3556, both ways.
    union.play("""
        at 2026-04-13T10:00
        opens 2026-04-30
        owes ana bo 300.00 as A-4
        owes ana cy 200.00 as A-5
        at 2026-04-30T17:00
        runs to cleared (preliminary)
        foresees 160.08 misses - paid
        at 2026-05-06T17:00
        runs to cleared (final)
        pays ana 300.48 ref P-4
        at 2026-05-12T17:00
        runs to closed
        then   net      position  reserves  credit   collected  pays-in  is-paid  accrued
          ana  -500.00  -600.00   -300.00   -300.00  -0.48      300.48   -        -0.18
          bo    300.00   600.00    150.00    350.00   0.43      -        150.43    0.36
          cy    200.00  -         -         -        -          -        -        -0.36
          all  -        -         -150.00     50.00  -0.05      300.48   150.43   -0.18
        proven
    """)


def test_in_the_fifth_month_a_member_that_does_not_pay_is_carried_and_nothing_is_collected_from_it(union):
    # ana owes 50 more, all of it in reserves, and 0.18 of interest. It does not pay: its debt is in the next cycle.
    # bo +30: half of it. cy -30: credit, but for 0.36 of interest. Interest from 12 May to 9 June, 28 days: 300: 0.4667, 350: 0.5444.
    union.play("""
        at 2026-05-13T10:00
        opens 2026-05-29
        owes ana bo 50.00 as A-6
        owes cy  bo 30.00 as C-6
        at 2026-06-03T17:00
        runs to cleared (final)
        pays cy 0.36 ref P-5
        at 2026-06-08T17:00
        runs to funded
        at 2026-06-09T17:00
        runs to closed
        items     amount  netted  left   goes-to
          ana/A-6  50.00  -       50.00  next
          cy/C-6   30.00  30.00   -      -
        then   net     position  reserves  credit   collected  pays-in  is-paid  carried  accrued
          ana  -       -600.00   -         -300.00  -          -        -        50.00    -0.47
          bo    30.00   630.00    15.00     365.00   0.36      -        15.36    -         0.54
          cy   -30.00   -30.00   -          -30.00  -0.36      0.36     -        -        -
          all  -       -          15.00      35.00  -          0.36     15.36    50.00     0.07
        proven
    """)


def test_in_the_sixth_month_reserves_come_back_by_the_same_slices(union):
    # ana 200 - 50 = +150, to -450: 20 + 40 + 60 + 80% of 50 = 160, so 140 come back, less 0.18 + 0.47 of interest.
    # bo -150, to +480: half of 380 = 190, of 265; and 0.54 is its.
    # Interest from 9 June to 9 July, 30 days: 300: 0.50, 365: 0.6083, 30: 0.05.
    union.play("""
        at 2026-06-10T10:00
        opens 2026-06-30
        owes bo ana 200.00 as B-7
        at 2026-07-03T17:00
        runs to cleared (final)
        foresees 80.19 misses - paid
        pays bo 74.46 ref P-6
        at 2026-07-09T17:00
        runs to closed
        then   net      position  reserves  credit   collected  pays-in  is-paid  accrued
          ana   150.00  -450.00    140.00   -290.00  -0.65      -        139.35   -0.50
          bo   -150.00   480.00    -75.00    290.00   0.54      74.46    -         0.61
          cy   -         -30.00   -          -30.00  -          -        -        -0.05
          all  -        -           65.00    -30.00  -0.11      74.46    139.35    0.06
        proven
        savings     gross    netted   credit  cash    R
          2026-01-30  450.00   300.00  140.00   10.00   300.00
          2026-02-27  250.00   -       140.00  110.00   800.00
          2026-03-30  300.00   -       250.00   50.00   600.00
          2026-04-30  500.00   -       200.00  300.00  1200.00
          2026-05-29   80.00   -        30.00   -      1260.00
          2026-06-30  250.00   100.00   75.00   75.00   960.00
    """)
    status = union.ask("status")
    assert status["reserves"] == [{"currency": "EUR", "convertible_minor": 8_019, "floor_minor": 1_000}]
    assert [(each["member"], each["code"], each["since"]) for each in status["events"]] == [("ana", "debit_half", "2026-06-09")]
