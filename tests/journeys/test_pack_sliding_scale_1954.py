"""A sliding-scale union by the rules of 1954: what the pack `sliding-scale-1954` does, with numbers that a pencil can follow.

Half of every position within the quota is settled in reserves, half is credit; beyond it a debtor pays everything, a creditor is paid half.
ana and bo have a quota of 600.00, cy has none. Debtors pay 2.75% on credit, creditors get 2.5%, by 360 days.
"""

import pytest

from tests.journeys.plays import Play


@pytest.fixture(scope="module")
def union(tmp_path_factory):
    play = Play(tmp_path_factory.mktemp("sliding-scale-1954"))
    play.found("sliding-scale-1954", at="2026-01-05T09:00")
    return play


def test_in_the_first_month_half_is_paid_and_half_is_credit(union):
    # ana -300: 150. bo +200: 100. cy has no quota: of its +100 half is beyond it all the same, 50. What comes in goes out.
    union.play("""
        at 2026-01-05T10:00
        joins ana bo cy
        quotas ana 600.00
        quotas bo 600.00
        capital 100.00 as K-1
        opens 2026-01-30
        owes ana bo  300.00 as A-1
        owes bo  cy  100.00 as B-1
        at 2026-01-30T17:00
        runs to cleared (preliminary)
        foresees 100.00 misses - paid
        at 2026-02-04T17:00
        runs to cleared (final)
        pays ana 150.00 ref P-1
        at 2026-02-10T17:00
        runs to closed
        items     amount  netted  left  goes-to
          ana/A-1 300.00  300.00  -     -
          bo/B-1  100.00  100.00  -     -
        then   owes    is-owed  net      reserves  credit   pays-in  is-paid
          ana  300.00  -        -300.00  -150.00   -150.00  150.00   -
          bo   100.00  300.00    200.00   100.00    100.00  -        100.00
          cy   -       100.00    100.00    50.00     50.00  -         50.00
          all  400.00  400.00   -         -         -       150.00   150.00
        proven
    """)


def test_in_the_second_month_a_debtor_beyond_its_quota_pays_everything(union):
    # ana -700: half of 600 and all of 100, 400. bo +500: 250. cy +200: 100. 250 come in, 150 + 50 go out: 100 + 50.
    # Interest from 10 February to 10 March, 28 days: 150 * 2.75% * 28 / 360 = 0.3208, 100 * 2.5% = 0.1944, 50: 0.0972.
    union.play("""
        at 2026-02-11T10:00
        opens 2026-02-27
        owes ana bo  300.00 as A-2
        owes ana cy  100.00 as A-3
        at 2026-03-04T17:00
        runs to cleared (final)
        foresees 150.00 misses - paid
        pays ana 250.00 ref P-2
        at 2026-03-10T17:00
        runs to closed
        then   net      position  reserves  credit   accrued
          ana  -400.00  -700.00   -250.00   -300.00  -0.32
          bo    300.00   500.00    150.00    250.00   0.19
          cy    100.00   200.00     50.00    100.00   0.10
          all  -        -          -50.00     50.00  -0.03
        proven
    """)


def test_in_the_third_month_a_higher_quota_hands_reserves_back_without_any_debt(union):
    # ana's quota is 720 from 11 March on: half of 700 is 350, so 50 come back. Nobody is called. 150 - 50 + 0.03 of interest.
    # Interest from 10 March to 10 April, 31 days: 300 * 2.75% * 31 / 360 = 0.7104, 250 * 2.5%: 0.5382, 100: 0.2153.
    union.play("""
        at 2026-03-11T10:00
        quotas ana 720.00
        opens 2026-03-30
        at 2026-04-02T17:00
        runs to funded
        foresees 100.03 misses - paid
        at 2026-04-10T17:00
        runs to closed
        then   net  position  reserves  credit   collected  pays-in  is-paid  accrued
          ana  -    -700.00   50.00     -350.00  -0.32      -        49.68    -0.71
          bo   -     500.00   -          250.00   0.19      -         0.19     0.54
          cy   -     200.00   -          100.00   0.10      -         0.10     0.22
          all  -    -         50.00     -        -0.03      -        49.97     0.05
        proven
    """)


def test_in_the_fourth_month_a_reversal_hands_reserves_back_on_both_sides(union):
    # ana -300: half is 150, so 200 come back. bo is at nothing: all of its 250 go back. cy +300: 150, so it is paid 50.
    # The floor is 80 from 13 April on: 100.03 - 0.05 of interest are left.
    # Interest from 10 April to 12 May, 32 days: 350 * 2.75% * 32 / 360 = 0.8556, 250 * 2.5%: 0.5556, 100: 0.2222.
    union.play("""
        at 2026-04-13T10:00
        rules credit.floor {EUR="80.00"}
        opens 2026-04-30
        owes bo ana 400.00 as B-4
        owes bo cy  100.00 as B-5
        at 2026-04-30T17:00
        runs to cleared (preliminary)
        foresees 99.98 misses - paid
        at 2026-05-06T17:00
        runs to cleared (final)
        pays bo 249.46 ref P-4
        at 2026-05-12T17:00
        runs to closed
        then   net      position  reserves  credit   collected  pays-in  is-paid  accrued
          ana   400.00  -300.00    200.00   -150.00  -0.71      -        199.29   -0.86
          bo   -500.00  -         -250.00   -         0.54      249.46   -         0.56
          cy    100.00   300.00     50.00    150.00   0.22      -         50.22    0.22
          all  -        -         -         -         0.05      249.46   249.51   -0.08
        proven
    """)


def test_in_the_fifth_month_a_floor_that_would_be_broken_is_cured_by_a_lower_one(union):
    # dee joins, without a quota: of its +300 half is paid. cy is at nothing and gives its 150 back.
    # bo -100: 50; ana -200: 100, so 50 come back.
    # The union has 99.98 + 0.08 of interest; its floor is 101 by now, so 0.94 are missing. The members lower it to 100.
    # Interest from 12 May to 9 June, 28 days: 150 * 2.75% * 28 / 360 = 0.3208, 150 * 2.5%: 0.2917.
    union.play("""
        at 2026-05-13T10:00
        rules credit.floor {EUR="101.00"}
        joins dee
        opens 2026-05-29
        owes cy dee 300.00 as C-5
        owes bo ana 100.00 as B-6
        at 2026-05-29T17:00
        runs to cleared (preliminary)
        foresees 100.06 misses 0.94 paid dee
        rules credit.floor {EUR="100.00"}
        foresees 100.06 misses - paid
        at 2026-06-03T17:00
        runs to cleared (final)
        pays bo  49.44 ref P-5
        pays cy 149.78 ref P-6
        at 2026-06-09T17:00
        runs to closed
        then   net      position  reserves  credit   collected  pays-in  is-paid  accrued
          ana   100.00  -200.00    50.00    -100.00  -0.86      -         49.14   -0.32
          bo   -100.00  -100.00   -50.00     -50.00   0.56       49.44   -        -
          cy   -300.00  -        -150.00    -         0.22      149.78   -         0.29
          dee   300.00   300.00   150.00     150.00  -          -        150.00   -
          all  -        -         -         -        -0.08      199.22   199.14   -0.03
        proven
    """)


def test_in_the_sixth_month_who_pays_late_is_carried(union):
    # dee owes bo 100: it gives back 50, and does not pay. bo owes ana 40: bo -40, 20; ana +40, 20. Without dee the union has 100.06 + 0.03.
    # Interest from 9 June to 9 July, 30 days: 100 * 2.75% * 30 / 360 = 0.2292, 50: 0.1146, 150 * 2.5%: 0.3125.
    union.play("""
        at 2026-06-10T10:00
        opens 2026-06-30
        owes dee bo 100.00 as D-1
        owes bo ana  40.00 as B-7
        at 2026-07-03T17:00
        runs to cleared (final)
        foresees 100.09 misses - paid
        at 2026-07-08T17:00
        runs to cleared (final)
        pays bo 20.00 ref P-7
        at 2026-07-09T17:00
        runs to closed
        items     amount  netted  left    goes-to
          dee/D-1 100.00  -       100.00  next
          bo/B-7   40.00  40.00   -       -
        then   net     position  reserves  credit   collected  pays-in  is-paid  carried  accrued
          ana   40.00  -160.00    20.00     -80.00  -0.32      -        19.68    -        -0.23
          bo   -40.00  -140.00   -20.00     -70.00  -          20.00    -        -        -0.11
          cy   -       -          -         -        0.29      -         0.29    -        -
          dee  -        300.00    -         150.00  -          -        -        100.00    0.31
          all  -       -          -         -       -0.03      20.00    19.97    100.00   -0.03
        proven
        savings     gross   netted  credit  cash    R
          2026-01-30  400.00  100.00  150.00  150.00   600.00
          2026-02-27  400.00  -       150.00  250.00  1400.00
          2026-04-30  500.00  -       250.00  250.00   600.00
          2026-05-29  400.00  -       200.00  200.00   600.00
          2026-06-30  140.00  -        20.00   20.00   600.00
    """)
    assert union.ask("capital", "show")["reserves"] == [{"currency": "EUR", "convertible_minor": 10_009, "floor_minor": 10_000}]
