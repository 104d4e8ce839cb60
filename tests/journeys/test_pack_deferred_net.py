"""Deferred net settlement, two days of it: what the pack `deferred-net` does in six windows, with numbers that a pencil can follow.

What a debtor hands in binds it. Members pay in before; a window is set off, netted and settled at its cut-off. Who has too little in cash,
its net debit cap included, pays its oldest debts as far as that goes, and the rest of them is in the next window.
"""

import pytest

from tests.journeys.plays import Play, command


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    play = Play(tmp_path_factory.mktemp("deferred-net"))
    play.found("deferred-net", at="2025-12-30T09:00")
    return play


def test_the_first_window_is_covered_by_what_was_paid_in_before(system):
    # ana owes bo 400, bo owes cy 300, cy owes ana 100: 100 three times. Then ana -300, bo +300 - 200 = +100, cy +200.
    # ana has 500, so nobody is called: 200 are left to it, and bo has 300 + 100, cy 200 + 200. Nothing is paid out.
    # There is no correction window: who was wrong takes it back before the cut-off.
    system.play("""
        at 2025-12-30T10:00
        joins ana bo cy dee eli
        leaves eli                                              | on 2026-01-05
        opens 2026-01-05-1
        at 2026-01-05T08:00
        pays ana 500.00 ref B1
        pays bo  300.00 ref B2
        pays cy  200.00 ref B3
        pays dee  50.00 ref B4
        at 2026-01-05T09:00
        owes ana bo  400.00 as P-1
        owes bo  cy  300.00 as Q-1
        owes ana bo  400.00 as Q-0 by bo                        | refused wrong_side
        owes cy  ana 120.00 as R-1
        confirms bo ana/P-1                                     | refused answers_not_asked
        withdraws cy R-1
        owes cy  ana 100.00 as R-1
        at 2026-01-05T10:00
        owes cy  ana  50.00 as R-2                              | refused too_late
        runs to closed
        does correct                                            | refused out_of_turn
        items     amount  set-off  netted  left  since         goes-to
          ana/P-1 400.00  100.00   300.00  -     2026-01-05-1  -
          bo/Q-1  300.00  100.00   200.00  -     2026-01-05-1  -
          cy/R-1  100.00  100.00   -       -     2026-01-05-1  -
        then   owes    is-owed  set-off  net      pays-in  is-paid  fee  cash
          ana  400.00  100.00   100.00   -300.00  -        -        -    200.00
          bo   300.00  400.00   100.00    100.00  -        -        -    400.00
          cy   100.00  300.00   100.00    200.00  -        -        -    400.00
          dee  -       -        -        -        -        -        -     50.00
          all  800.00  800.00   300.00   -        -        -        -   1050.00
        proven
    """)
    for member, title in (("ana", "ana paid from its account 300.00 EUR"), ("bo", "bo was credited 100.00 EUR")):
        assert title in command("statement", member, "-u", system.desk / "union", "--at", system.at)[1].splitlines()


def test_in_the_second_window_a_cap_of_nothing_blocks_and_the_rest_is_carried(system):
    # ana owes bo 350 and has 200: 150 are carried. dee owes eli 90 and has 50: 40 are carried.
    system.play("""
        opens 2026-01-05-2
        at 2026-01-05T12:00
        owes ana bo  350.00 as P-2
        owes dee eli  90.00 as S-1
        at 2026-01-05T13:00
        runs to closed
        items     amount  netted  left    since         goes-to
          ana/P-2 350.00  200.00  150.00  2026-01-05-2  next
          dee/S-1  90.00   50.00   40.00  2026-01-05-2  next
        then   owes    is-owed  net      carried  cash
          ana  350.00  -        -200.00  150.00   -
          bo   -       350.00    200.00  -        600.00
          cy   -       -        -        -        400.00
          dee   90.00  -         -50.00   40.00   -
          eli  -        90.00     50.00  -         50.00
          all  440.00  440.00   -        190.00  1050.00
        proven
    """)


def test_in_the_third_window_a_cap_covers_what_cash_does_not(system):
    # ana may owe 100 now. Of the 150 that were carried 80 are set off against what bo owes: ana -70, covered by the cap; bo 600 + 70.
    # dee pays in 15: 15 of its 40 are settled, 25 are carried again.
    system.play("""
        at 2026-01-05T14:00
        caps ana 100.00
        opens 2026-01-05-3
        at 2026-01-05T15:00
        owes bo ana 80.00 as Q-2
        pays dee 15.00 ref B5
        at 2026-01-05T16:00
        runs to closed
        items     amount  set-off  netted  left   since         goes-to
          ana/P-2 150.00  80.00    70.00   -      2026-01-05-2  -
          bo/Q-2   80.00  80.00    -       -      2026-01-05-3  -
          dee/S-1  40.00  -        15.00   25.00  2026-01-05-2  next
        then   owes    is-owed  set-off  net     carried  cash
          ana  150.00   80.00    80.00   -70.00  -        -70.00
          bo    80.00  150.00    80.00    70.00  -        670.00
          cy   -       -        -        -       -        400.00
          dee   40.00  -        -        -15.00   25.00   -
          eli  -        40.00   -         15.00  -         65.00
          all  270.00  270.00   160.00   -        25.00  1065.00
        proven
    """)


def test_in_the_fourth_window_a_lower_cap_blocks_and_the_items_of_who_has_left_run_off(system):
    # ana's cap is 50 from the evening on. It owes 70 already, and cannot pay 10 more: they are carried.
    # eli has left. The 25 that dee owes it from before are settled, now that dee has paid in; nothing new is taken.
    system.play("""
        at 2026-01-05T17:30
        caps ana 50.00
        opens 2026-01-06-1
        at 2026-01-06T08:00
        owes ana cy  10.00 as P-3
        owes dee eli  5.00 as S-2                               | refused creditor_no_member
        pays dee 25.00 ref B6
        at 2026-01-06T10:00
        runs to closed
        items     amount  netted  left   since         goes-to
          ana/P-3 10.00   -       10.00  2026-01-06-1  next
          dee/S-1 25.00   25.00   -      2026-01-05-2  -
        then   owes   is-owed  net     carried  cash
          ana  10.00  -        -       10.00    -70.00
          cy   -      10.00    -       -        400.00
          dee  25.00  -        -25.00  -        -
          eli  -      25.00     25.00  -         90.00
          bo   -      -        -       -        670.00
          all  35.00  35.00    -       10.00   1090.00
        proven
    """)


def test_in_the_fifth_window_what_a_suspended_member_has_open_goes_back_to_its_parties(system):
    # cy handed in 60 and is suspended before the cut-off. Neither these nor the 10 that ana owes it take part, and in this pack what does
    # not take part is not carried. bo owes ana 20: bo 670 - 20. ana has paid in 100: -70 + 100 + 20 = 50.
    system.play("""
        opens 2026-01-06-2
        at 2026-01-06T11:00
        owes cy bo  60.00 as R-3
        owes bo ana 20.00 as Q-3
        at 2026-01-06T12:00
        suspends cy
        owes cy bo   5.00 as R-4                                | refused may_not_submit
        pays ana 100.00 ref B7
        at 2026-01-06T13:00
        runs to closed
        items     amount  netted  left   kept-out   since         goes-to
          ana/P-3 10.00   -       10.00  suspended  2026-01-06-1  -
          bo/Q-3  20.00   20.00   -      -          2026-01-06-2  -
          cy/R-3  60.00   -       60.00  suspended  2026-01-06-2  -
        then   owes   is-owed  net     carried  returned  cash
          ana  10.00  20.00     20.00  -        10.00      50.00
          bo   20.00  60.00    -20.00  -        -         650.00
          cy   60.00  10.00    -       -        60.00     400.00
          all  90.00  90.00    -       -        70.00    1100.00
        proven
    """)


def test_in_the_sixth_window_cash_and_cap_are_used_together(system):
    # cy is back, and ana hands the 10 in again. With 85 to bo it owes 95: it has 50, and may owe 50. 45 of its cap are used.
    system.play("""
        opens 2026-01-06-3
        at 2026-01-06T14:00
        reinstates cy
        owes ana cy 10.00 as P-4
        owes ana bo 85.00 as P-5
        at 2026-01-06T16:00
        runs to closed
        items     amount  netted  left  since         goes-to
          ana/P-4 10.00   10.00   -     2026-01-06-3  -
          ana/P-5 85.00   85.00   -     2026-01-06-3  -
        then   owes   is-owed  net     carried  cash
          ana  95.00  -        -95.00  -        -45.00
          bo   -      85.00     85.00  -        735.00
          cy   -      10.00     10.00  -        410.00
          dee  -      -        -       -        -
          eli  -      -        -       -         90.00
          all  95.00  95.00    -       -       1190.00
        proven
    """)


def test_the_report_of_six_windows_adds_up(system):
    # Cash and credit are what net debtors paid and what their caps covered. At the end of the second day, all windows together: ana -645,
    # bo +435, cy +210, dee -90, eli +90; both signs are 1,470.
    system.play("""
        savings         gross   set-off  netted  cash    credit  left    again   B        N       R
          2026-01-05-1  800.00  300.00   200.00  300.00  -       -       -       1600.00  600.00   600.00
          2026-01-05-2  440.00  -        -       250.00  -       190.00  -        500.00  500.00  1100.00
          2026-01-05-3  270.00  160.00   -        15.00  70.00    25.00  190.00   170.00  170.00  1270.00
          2026-01-06-1   35.00  -        -        25.00  -        10.00   25.00    50.00   50.00  1320.00
          2026-01-06-2   90.00  -        -        20.00  -        70.00   10.00    40.00   40.00  1280.00
          2026-01-06-3   95.00  -        -        50.00  45.00   -       -        190.00  190.00  1470.00
    """)
