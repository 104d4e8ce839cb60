"""Trade credit, six months of it: what the pack `trade-credit` does, cycle by cycle, with numbers that a pencil can follow.

A fee is 1.1 per mille of what a member's debts were set off by, at least 3.00, and none below 50.00. An obligation takes part from
250.01 up. What remains is in the next cycle. Nothing is paid, so nobody is late with a payment: a late payer is one whose debt is due.
"""

import pytest

from tests.journeys.plays import Play


@pytest.fixture(scope="module")
def circle(tmp_path_factory):
    play = Play(tmp_path_factory.mktemp("trade-credit"))
    play.found("trade-credit", at="2026-01-05T09:00")
    return play


def test_january_sets_off_one_circuit_and_charges_each_member_for_it(circle):
    # ana owes bo 10,000, bo owes cy 8,000, cy owes ana 6,150: each of the three gets rid of the smallest, 6,150.00.
    # Its fee is 6,150.00 * 0.0011 = 6.765, which is as near to 6.76 as to 6.77: the even one, 6.76.
    # bo is handed nothing for ana: what a debtor owes, it reports itself. dee's debt is due in March, and waits.
    circle.play("""
        at 2026-01-05T10:00
        joins ana bo cy dee eli
        joins gus hal ivo jan
        joins kaj lea group K
        opens 2026-01-22
        at 2026-01-14T23:59                                     # intake opens five business days before, on the 15th
        owes ana bo 10000.00 as A-1 due 2026-01-10              | refused too_early
        at 2026-01-15T00:00
        owes ana bo 10000.00 as A-1 due 2026-01-10
        owes ana bo   250.00 as A-2 due 2026-01-10
        owes bo  cy  8000.00 as B-1 due 2026-01-12
        owes ana bo   900.00 as B-2 due 2026-01-12 by bo        | refused wrong_side
        owes bo  ana  900.00 as B-3 in USD                      | refused currency_not_taken
        owes cy  ana 6150.00 as C-1
        owes dee ana  500.00 as D-1 due 2026-01-02 class secured
        owes dee eli  400.00 as D-2 due 2026-03-01
        owes kaj lea  600.00 as K-1                             # of one group
        at 2026-01-22T13:00                                     # the cut-off itself is too late
        owes eli dee  300.00 as E-0                             | refused too_late
        pays ana 100.00 ref B1                                  | refused nothing_to_pay_in
        runs to cleared (preliminary)
        does correct                                            | refused too_early
        at 2026-01-27T16:00                                     # three business days later
        runs to closed

        items    amount    set-off  left     kept-out       since       goes-to
          ana/A-1 10000.00 6150.00  3850.00  -              2026-01-22  next
          ana/A-2   250.00 -         250.00  below_minimum  2026-01-22  -
          bo/B-1   8000.00 6150.00  1850.00  -              2026-01-22  next
          cy/C-1   6150.00 6150.00  -        -              2026-01-22  -
          dee/D-1   500.00 -         500.00  exempt_class   2026-01-22  -
          dee/D-2   400.00 -         400.00  not_yet_due    2026-01-22  next
          kaj/K-1   600.00 -         600.00  related        2026-01-22  -
        then   owes      is-owed   set-off   carried  returned  fee
          ana  10250.00   6650.00   6150.00  3850.00  250.00    6.76
          bo    8000.00  10250.00   6150.00  1850.00  -         6.76
          cy    6150.00   8000.00   6150.00  -        -         6.76
          dee    900.00  -         -          400.00  500.00    -
          eli  -           400.00  -         -        -         -
          kaj    600.00  -         -         -        600.00    -
          lea  -           600.00  -         -        -         -
          all  25900.00  25900.00  18450.00  6100.00  1350.00   20.28
        books ana debit     credit
          Trade-payables      6150.00  -
          Trade-receivables   -        6150.00
          Clearing-fees       6.76     -
          Clearing-fees-owed  -        6.76
        proven
    """)
    said = circle.ask("statement", "ana")["union"]
    assert (said["is_demonstration"], said["is_single_person"], said["assumed"], said["legal_opinion"]) == (True, False, [], "")


def test_february_is_corrected_and_run_again(circle):
    # Carried over: ana/A-1 3,850, bo/B-1 1,850, dee/D-2 400. cy owes ana 2,000, so the first run sets off 1,850 three times.
    # Then cy takes its 2,000 back, which it has paid, and hands in 1,500: the second run sets off 1,500. 1.65 is less than 3.00.
    circle.play("""
        opens 2026-02-23                                        # the 22nd is a Sunday
        at 2026-02-16T09:00
        owes cy  ana 2000.00 as C-2 due 2026-02-01
        owes ana bo  3850.00 as A-1 due 2026-01-10              | refused already_carried
        at 2026-02-23T13:00
        runs to cleared (preliminary)
        then   owes     set-off  left
          ana  3850.00  1850.00  2000.00
          bo   1850.00  1850.00  -
          cy   2000.00  1850.00   150.00
          dee   400.00  -         400.00
          all  8100.00  5550.00  2550.00

        at 2026-02-24T10:00
        withdraws cy C-2
        owes cy ana 1500.00 as C-3 due 2026-02-10
        at 2026-02-26T16:00                                     # the window ends
        withdraws cy C-3                                        | refused too_late
        owes cy ana 1500.00 as C-4                              | refused too_late
        runs to closed
        items     amount   set-off  left     kept-out     since       goes-to
          ana/A-1 3850.00  1500.00  2350.00  -            2026-01-22  next
          bo/B-1  1850.00  1500.00   350.00  -            2026-01-22  next
          cy/C-3  1500.00  1500.00  -        -            2026-02-23  -
          dee/D-2  400.00  -         400.00  not_yet_due  2026-01-22  next
        then   owes     is-owed  set-off  carried  fee
          ana  3850.00  1500.00  1500.00  2350.00  3.00
          bo   1850.00  3850.00  1500.00   350.00  3.00
          cy   1500.00  1850.00  1500.00  -        3.00
          dee   400.00  -        -         400.00  -
          eli  -         400.00  -        -        -
          all  7600.00  7600.00  4500.00  3100.00  9.00
        proven
    """)


def test_in_march_a_member_is_suspended_and_its_items_stand_still(circle):
    # dee/D-2 fell due on 1 March: with eli's 280 it makes a circuit of two, and dee still owes 120.
    # cy is suspended three days before the cut-off: what it owes and what it is owed waits, whoever handed it in.
    circle.play("""
        opens 2026-03-23
        at 2026-03-16T09:00
        owes eli dee 280.00 as E-1 due 2026-03-02
        owes cy  ana 900.00 as C-5 due 2026-03-01
        at 2026-03-20T09:00
        suspends cy
        owes cy  ana 700.00 as C-6                              | refused may_not_submit
        owes bo  cy  700.00 as B-4                              # others may report what they owe it: that waits too
        at 2026-03-26T16:00
        runs to closed
        items     amount   set-off  left     kept-out   since       goes-to
          ana/A-1 2350.00  -        2350.00  -          2026-01-22  next
          bo/B-1   350.00  -         350.00  suspended  2026-01-22  next
          bo/B-4   700.00  -         700.00  suspended  2026-03-23  next
          cy/C-5   900.00  -         900.00  suspended  2026-03-23  next
          dee/D-2  400.00  280.00    120.00  -          2026-01-22  next
          eli/E-1  280.00  280.00   -        -          2026-03-23  -
        then   owes     is-owed  set-off  carried  fee
          ana  2350.00   900.00  -        2350.00  -
          bo   1050.00  2350.00  -        1050.00  -
          cy    900.00  1050.00  -         900.00  -
          dee   400.00   280.00  280.00    120.00  3.00
          eli   280.00   400.00  280.00   -        3.00
          all  4980.00  4980.00  560.00   4420.00  6.00
        proven
    """)


def test_in_april_the_member_is_back_and_what_became_small_goes_back_to_its_parties(circle):
    # ana owes bo 2,350, bo owes cy 350 and 700, cy owes ana 900: 900 three times. bo's debt with a due date goes before the one without.
    # dee's 120 are below 250.01, and leave the circle.
    circle.play("""
        opens 2026-04-22
        at 2026-04-10T09:00
        reinstates cy
        at 2026-04-28T16:00                                     # 27 April is a holiday in Slovenia
        runs to closed
        items     amount   set-off  left     kept-out       since       goes-to
          ana/A-1 2350.00  900.00   1450.00  -              2026-01-22  next
          bo/B-1   350.00  350.00   -        -              2026-01-22  -
          bo/B-4   700.00  550.00    150.00  -              2026-03-23  next
          cy/C-5   900.00  900.00   -        -              2026-03-23  -
          dee/D-2  120.00  -         120.00  below_minimum  2026-01-22  -
        then   owes     set-off  carried  returned  fee
          ana  2350.00   900.00  1450.00  -         3.00
          bo   1050.00   900.00   150.00  -         3.00
          cy    900.00   900.00  -        -         3.00
          dee   120.00  -        -        120.00    -
          all  4420.00  2700.00  1600.00  120.00    9.00
        proven
    """)


def test_in_may_a_member_gives_notice_and_one_that_clears_little_pays_no_fee(circle):
    # Two circuits share what jan owes gus, 300: jan, gus, hal, dee set off 260 each, and 40 are left for jan, gus, ivo.
    # That is 4 * 260 + 3 * 40 = 1,160, more than the other way round. ivo gets rid of 40.00 alone: below 50.00 there is no fee.
    circle.play("""
        opens 2026-05-22
        at 2026-05-15T09:00
        owes jan gus 300.00 as J-1
        owes gus hal 260.00 as G-1
        owes gus ivo 300.00 as G-2
        owes hal dee 260.00 as H-1
        owes dee jan 260.00 as D-3
        owes ivo jan 200.00 as I-0
        at 2026-05-18T09:00
        leaves ivo                                              | on 2026-05-21
        withdraws ivo I-0
        owes ivo jan 300.00 as I-1                              # until it has left it may hand in
        at 2026-05-21T16:00
        owes ivo jan 300.00 as I-2                              | refused submitter_no_member
        at 2026-05-27T16:00
        runs to closed
        items     amount   set-off  left     kept-out       since       goes-to
          ana/A-1 1450.00  -        1450.00  -              2026-01-22  next
          bo/B-4   150.00  -         150.00  below_minimum  2026-03-23  -
          dee/D-3  260.00  260.00   -        -              2026-05-22  -
          gus/G-1  260.00  260.00   -        -              2026-05-22  -
          gus/G-2  300.00   40.00    260.00  -              2026-05-22  next
          hal/H-1  260.00  260.00   -        -              2026-05-22  -
          ivo/I-1  300.00   40.00    260.00  -              2026-05-22  next
          jan/J-1  300.00  300.00   -        -              2026-05-22  -
        then   owes     set-off  carried  returned  fee
          ana  1450.00  -        1450.00  -         -
          bo    150.00  -        -        150.00    -
          dee   260.00   260.00  -        -         3.00
          gus   560.00   300.00   260.00  -         3.00
          hal   260.00   260.00  -        -         3.00
          ivo   300.00    40.00   260.00  -         -
          jan   300.00   300.00  -        -         3.00
          all  3280.00  1160.00  1970.00  150.00    12.00
        proven
    """)


def test_in_june_the_items_of_who_has_left_run_off_and_a_debt_that_was_paid_is_taken_back(circle):
    # ana has paid bo 850 by bank: it takes back what was carried over, 1,450, and hands in what is left, 600.
    # ana owes bo 600, bo owes cy 700, cy owes ana 550: 550 three times. jan owes gus 270, gus owes ivo 260, ivo owes jan 260: 260
    # three times, and ivo, who has left, is done with its fee of 3.00.
    circle.play("""
        opens 2026-06-22
        at 2026-06-15T09:00
        withdraws ana A-1
        owes ana bo  600.00 as A-3
        owes bo  cy  700.00 as B-5
        owes cy  ana 550.00 as C-6
        owes jan gus 270.00 as J-2
        owes jan ivo 300.00 as J-3                              | refused creditor_no_member
        at 2026-06-26T16:00                                     # 25 June is a holiday in Slovenia
        runs to closed
        items     amount  set-off  left    since       goes-to
          ana/A-3 600.00  550.00    50.00  2026-06-22  next
          bo/B-5  700.00  550.00   150.00  2026-06-22  next
          cy/C-6  550.00  550.00   -       2026-06-22  -
          gus/G-2 260.00  260.00   -       2026-05-22  -
          ivo/I-1 260.00  260.00   -       2026-05-22  -
          jan/J-2 270.00  260.00    10.00  2026-06-22  next
        then   owes     set-off  carried  fee
          ana   600.00   550.00   50.00   3.00
          bo    700.00   550.00  150.00   3.00
          cy    550.00   550.00  -        3.00
          gus   260.00   260.00  -        3.00
          ivo   260.00   260.00  -        3.00
          jan   270.00   260.00   10.00   3.00
          all  2640.00  2430.00  210.00  18.00
        proven
    """)


def test_the_report_of_six_months_adds_up(circle):
    # Set-off leaves every net position as it is, so N and R are nothing. B is twice what pairs would have paid each other of it:
    # January 6,150 * 3 * 2; February 1,500 * 3 * 2; March nothing, since dee and eli cancel by themselves; April 900 * 3 * 2;
    # May (260 * 3 + 300 + 40 + 40) * 2, since what jan owes gus stands in both circuits; June (550 + 260) * 3 * 2.
    # Again: what a cycle was handed by the one before, which the sum of the gross counts once.
    circle.play("""
        savings       gross     set-off   left      again     fees   B         N  R
          2026-01-22  25900.00  18450.00   7450.00  -         20.28  36900.00  -  -
          2026-02-23   7600.00   4500.00   3100.00   6100.00   9.00   9000.00  -  -
          2026-03-23   4980.00    560.00   4420.00   3100.00   6.00  -         -  -
          2026-04-22   4420.00   2700.00   1720.00   4420.00   9.00   5400.00  -  -
          2026-05-22   3280.00   1160.00   2120.00   1600.00  12.00   2320.00  -  -
          2026-06-22   2640.00   2430.00    210.00    520.00  18.00   4860.00  -  -
          all         48820.00  29800.00  19020.00  15740.00  74.28  58480.00  -  -
    """)
