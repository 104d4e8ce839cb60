"""Corporate netting, six weeks of it: what the pack `corporate-netting` does, cycle by cycle, with numbers that a pencil can follow.

Both sides report an item, or one reports and the other confirms, rejects or says nothing. What can be set off without money is; of the
rest each member has one position towards the centre: it pays in on the third business day after the cut-off, and is paid on the fourth.
"""

import pytest

from tests.journeys.plays import Play, command


@pytest.fixture(scope="module")
def centre(tmp_path_factory):
    play = Play(tmp_path_factory.mktemp("corporate-netting"))
    play.found("corporate-netting", at="2026-01-02T09:00")
    return play


def test_in_week_one_items_are_agreed_in_every_way_and_corrected(centre):
    # Agreed by 9 January: I-1 by both reports, I-3 by its confirmation, I-4 because lon says nothing. Not: I-2, of which the reports
    # differ, and I-5, which nyc rejects. I-6 is agreed, but India forbids netting. Nothing makes a circuit: 400 and 300 and 1,000 remain.
    # In the correction window ber comes round to lon's 750. Now ams, ber, lon set off 400, and ber and lon 300 besides: ber gets rid of
    # 700 of its 750. ams still owes ber 600, ber owes lon 50: ams -600, ber +600 - 50 = +550, lon +50.
    centre.play("""
        at 2026-01-02T10:00
        joins ams ber country NL
        joins lon country GB
        joins nyc country US
        joins bom country IN
        opens 2026-01-08
        at 2026-01-05T09:00
        owes ams ber 1000.00 as I-1 by both
        owes ber lon  700.00 as I-2
        owes ber lon  750.00 as I-2 by lon
        owes lon ams  400.00 as I-3
        owes lon ber  300.00 as I-4 by ber
        owes nyc ams  200.00 as I-5 by ams
        owes bom ams  500.00 as I-6 by both
        at 2026-01-06T17:00                                     # reporting ends on Tuesday, answers on Thursday
        owes nyc ams  100.00 as I-7                             | refused too_late
        at 2026-01-08T16:00
        confirms ams lon/I-3
        rejects  nyc ams/I-5
        confirms ams ber/I-4                                    | refused id_not_held
        at 2026-01-08T17:00
        runs to cleared (preliminary)
        items     amount   set-off  netted   left    agreed   kept-out
          ams/I-1 1000.00  -        1000.00  -       I-1      -
          bom/I-6  500.00  -        -        500.00  I-6      netting_forbidden
          lon/I-3  400.00  -         400.00  -       confirmed  -
          ber/I-4  300.00  -         300.00  -       silence  -
          ber/I-2  differs
          lon/I-2  differs
          ams/I-5  rejected

        opens 2026-01-15                                        # week two takes items from here on
        at 2026-01-09T10:00
        owes ams ber 500.00 as J-1 by both
        owes ber lon 900.00 as J-2 by both
        owes lon nyc 800.00 as J-3 by both
        owes nyc ams 100.00 as J-4
        in 2026-01-08
        withdraws ber I-2
        owes ber lon 750.00 as I-2
        at 2026-01-12T17:00
        runs to cleared (final)
        items     amount   set-off  netted  left    agreed     goes-to
          ams/I-1 1000.00  400.00   600.00  -       I-1        -
          bom/I-6  500.00  -        -       500.00  I-6        -
          lon/I-3  400.00  400.00   -       -       confirmed  -
          ber/I-2  750.00  700.00    50.00  -       I-2        -
          ber/I-4  300.00  300.00   -       -       silence    -
          ams/I-5  rejected
        then   owes     is-owed  set-off  net      pays-in  is-paid  left
          ams  1000.00   900.00   400.00  -600.00  600.00   -        -
          ber   750.00  1300.00   700.00   550.00  -        550.00   -
          bom   500.00  -        -        -        -        -        500.00
          lon   700.00   750.00   700.00    50.00  -         50.00   -
          all  2950.00  2950.00  1800.00  -        600.00   600.00   500.00

        at 2026-01-13T10:00
        does settle                                             | refused out_of_turn
        pays ams 600.00 ref B1
        runs to funded
        does settle                                             | refused too_early
        at 2026-01-14T17:00
        runs to closed
        then   paid    fee  cash
          ams  600.00  -    -
          ber  -       -    -
          lon  -       -    -
        books ber debit    credit
          Trade-payables     750.00  -
          Trade-receivables  -       1300.00
          Clearing-union     550.00   550.00
          Bank               550.00  -
        proven
    """)


def test_in_week_two_a_late_payer_is_carried_and_the_rest_is_netted_again(centre):
    # 100 go round ams, ber, lon, nyc. ams still owes ber 400, ber owes lon 800, lon owes nyc 700: ams -400, ber -400, lon +100, nyc +700.
    # ber pays in 150. With the 400 that ams owes it, it can pay 550 of its 800: 250 are carried over. Now lon is short by 700 - 550 = 150.
    centre.play("""
        in 2026-01-15
        at 2026-01-15T17:00
        runs to cleared (preliminary)
        rules intake.silence "hold"                             # for week three on: who says nothing keeps an item waiting
        opens 2026-01-22
        at 2026-01-16T09:00
        owes lon ber 250.00 as K-1 by both
        owes nyc ams 600.00 as K-2 by ams
        owes ams nyc 120.00 as K-3 by both
        owes lon nyc 1000.00 as K-4 by both in USD
        in 2026-01-15
        at 2026-01-20T17:00                                     # the 19th is a holiday in New York
        runs to cleared (final)
        then   owes     is-owed  set-off  net      pays-in  is-paid
          ams   500.00   100.00  100.00   -400.00  400.00   -
          ber   900.00   500.00  100.00   -400.00  400.00   -
          lon   800.00   900.00  100.00    100.00  -        100.00
          nyc   100.00   800.00  100.00    700.00  -        700.00
          all  2300.00  2300.00  400.00   -        800.00   800.00
        at 2026-01-21T10:00
        pays ams 400.00 ref B2
        pays ber 150.00 ref B3
        then   paid    missing
          ams  400.00  -
          ber  150.00  250.00
        at 2026-01-21T17:00                                     # pay-ins were due: the second round, for a day
        runs to cleared (final)
        then   net      pays-in  missing  is-paid
          ams  -400.00  400.00   -        -
          ber  -150.00  150.00   -        -
          lon  -150.00  150.00   150.00   -
          nyc   700.00  -        -        700.00
          all  -        700.00   150.00   700.00
        at 2026-01-22T10:00
        pays lon 150.00 ref B4
        at 2026-01-22T17:00
        runs to closed
        items     amount  set-off  netted  left    since       goes-to
          ams/J-1 500.00  100.00   400.00  -       2026-01-15  -
          ber/J-2 900.00  100.00   550.00  250.00  2026-01-15  2026-01-22
          lon/J-3 800.00  100.00   700.00  -       2026-01-15  -
          nyc/J-4 100.00  100.00   -       -       2026-01-15  -
        then   paid    carried  cash
          ams  400.00  -        -
          ber  150.00  250.00   -
          lon  150.00  -        -
          nyc  -       -        -
          all  700.00  250.00   -
        proven
    """)


def test_in_week_three_silence_holds_an_item_and_dollars_stand_by_themselves(centre):
    # What ber could not pay, 250, meets what lon owes ber, 250: both are set off. nyc says nothing of its 600: they wait.
    # ams owes nyc 120 euros: -120 and +120. lon owes nyc 1,000 dollars: -1,000 and +1,000, beside the euros.
    centre.play("""
        in 2026-01-22
        runs to cleared (preliminary)
        opens 2026-01-29
        at 2026-01-23T09:00
        owes ams nyc 450.00 as L-1 by both
        in 2026-01-22
        at 2026-01-26T17:00
        runs to cleared (final)
        at 2026-01-27T10:00
        pays ams  120.00 ref B5
        pays lon 1000.00 ref B6 in USD
        at 2026-01-28T17:00
        runs to closed
        items     amount   set-off  netted   left    agreed  kept-out  since       goes-to
          ber/J-2  250.00  250.00   -        -       J-2     -         2026-01-15  -
          lon/K-1  250.00  250.00   -        -       K-1     -         2026-01-22  -
          ams/K-2  600.00  -        -        600.00  -       held      2026-01-22  2026-01-29
          ams/K-3  120.00  -         120.00  -       K-3     -         2026-01-22  -
          lon/K-4 1000.00  -        1000.00  -       K-4     -         2026-01-22  -
        then   owes     is-owed  set-off  net      pays-in  is-paid  carried
          ams   120.00   600.00  -        -120.00  120.00   -        -
          ber   250.00   250.00  250.00   -        -        -        -
          lon   250.00   250.00  250.00   -        -        -        -
          nyc   600.00   120.00  -         120.00  -        120.00   600.00
          all  1220.00  1220.00  500.00   -        120.00   120.00   600.00
        then   owes     is-owed  set-off  net       pays-in  is-paid  USD
          lon  1000.00  -        -        -1000.00  1000.00  -
          nyc  -        1000.00  -         1000.00  -        1000.00
          all  1000.00  1000.00  -        -         1000.00  1000.00
        proven
    """)
    versions = [centre.ask("statement", "nyc", "--cycle", cycle)["rulebook"]["version"] for cycle in ("2026-01-15", "2026-01-22")]
    assert versions == [1, 2]


def test_in_week_four_the_item_that_was_held_is_confirmed(centre):
    # nyc confirms the 600 that it owes ams, and ams owes it 450: 450 are set off, nyc -150, ams +150.
    centre.play("""
        in 2026-01-29
        at 2026-01-29T10:00
        confirms nyc ams/K-2
        at 2026-01-29T17:00
        runs to cleared (preliminary)
        opens 2026-02-05
        at 2026-01-30T09:00
        owes lon ber 330.00 as M-1 by both
        owes ber lon  80.00 as M-2 by both
        owes ams ber 210.00 as M-3 by both
        owes ber nyc 210.00 as M-4 by both
        in 2026-01-29
        at 2026-02-02T17:00
        runs to cleared (final)
        at 2026-02-03T09:00
        pays nyc 150.00 ref B7
        at 2026-02-04T17:00
        runs to closed
        items     amount  set-off  netted  left  agreed     since       goes-to
          ams/K-2 600.00  450.00   150.00  -     confirmed  2026-01-22  -
          ams/L-1 450.00  450.00   -       -     L-1        2026-01-29  -
        then   owes     is-owed  set-off  net      pays-in  is-paid
          ams   450.00   600.00  450.00    150.00  -        150.00
          nyc   600.00   450.00  450.00   -150.00  150.00   -
          all  1050.00  1050.00  900.00   -        150.00   150.00
        proven
    """)


def test_in_week_five_a_member_is_suspended_and_who_passes_money_on_pays_nothing(centre):
    # lon is suspended: its 330 and ber's 80 wait. ams owes ber 210 and ber owes nyc 210: ber is at nothing, ams pays, nyc is paid.
    centre.play("""
        in 2026-02-05
        at 2026-02-05T09:00
        suspends lon
        at 2026-02-05T17:00
        runs to cleared (preliminary)
        opens 2026-02-12
        at 2026-02-09T09:00
        leaves nyc                                              | on 2026-02-12
        at 2026-02-10T09:00
        owes nyc ams 90.00 as N-1 by both
        in 2026-02-05
        runs to cleared (final)
        pays ams 210.00 ref B8
        at 2026-02-11T17:00
        runs to closed
        items     amount  set-off  netted  left    agreed  kept-out   since       goes-to
          lon/M-1 330.00  -        -       330.00  M-1     suspended  2026-02-05  2026-02-12
          ber/M-2  80.00  -        -        80.00  M-2     suspended  2026-02-05  2026-02-12
          ams/M-3 210.00  -        210.00  -       M-3     -          2026-02-05  -
          ber/M-4 210.00  -        210.00  -       M-4     -          2026-02-05  -
        then   owes    is-owed  net      pays-in  is-paid  carried
          ams  210.00  -        -210.00  210.00   -        -
          ber  290.00  540.00   -        -        -         80.00
          lon  330.00   80.00   -        -        -        330.00
          nyc  -       210.00    210.00  -        210.00   -
          all  830.00  830.00   -        210.00   210.00   410.00
        proven
    """)


def test_in_week_six_a_member_leaves_and_money_without_a_name_finds_its_owner(centre):
    # lon is back: of its 330 to ber 80 are set off, lon -250, ber +250. nyc leaves at the cut-off, and still owes ams 90.
    centre.play("""
        at 2026-02-12T09:00
        reinstates lon
        in 2026-02-12
        at 2026-02-12T17:00
        runs to cleared (preliminary)
        at 2026-02-13T09:00
        owes nyc ams 10.00 as N-2                               | refused submitter_no_member
        owes nyc ams 10.00 as N-3 by ams                        | refused debtor_no_member
        at 2026-02-17T17:00                                     # the 16th is a holiday in New York
        runs to cleared (final)
        at 2026-02-18T10:00
        pays lon 250.00 ref B9
        pays -    90.00 ref B10                                 | unidentified
        runs to cleared (final)
        then   net      missing
          lon  -250.00  -
          nyc   -90.00  90.00
          ams    90.00  -
          ber   250.00  -
        assigns B10 nyc
        at 2026-02-19T17:00
        runs to closed
        items     amount  set-off  netted  left  since       goes-to
          lon/M-1 330.00  80.00    250.00  -     2026-02-05  -
          ber/M-2  80.00  80.00    -       -     2026-02-05  -
          nyc/N-1  90.00  -         90.00  -     2026-02-12  -
        then   owes    is-owed  set-off  net      pays-in  paid    is-paid
          ams  -        90.00   -         90.00   -        -        90.00
          ber   80.00  330.00   80.00    250.00   -        -       250.00
          lon  330.00   80.00   80.00   -250.00   250.00   250.00  -
          nyc   90.00  -        -        -90.00    90.00    90.00  -
          all  500.00  500.00  160.00   -         340.00   340.00  340.00
        proven
    """)


def test_the_report_of_six_weeks_adds_up(centre):
    # What each cycle discharged, by pair: 1: ams ber 1,000, ber lon 750 - 300 = 450, lon ams 400. 2: ams ber 500, ber lon 650, lon nyc 800,
    # nyc ams 100. 3: ams nyc 120, and ber lon nothing. 4: nyc ams 600 - 450 = 150. 5: ams ber 210, ber nyc 210. 6: lon ber 250, nyc ams 90.
    # B is twice their sum. N is the sum of all positions, both signs counted: 600 + 550 + 50, and so on. R is the same of the positions
    # that the weeks add up to: at the end ams -1,090, ber +650, lon -350, nyc +790.
    centre.play("""
        savings       gross    set-off  netted   cash     left    again   B        N        R
          2026-01-08  2950.00  1800.00    50.00   600.00  500.00  -       3700.00  1200.00  1200.00
          2026-01-15  2300.00   400.00   950.00   700.00  250.00  -       4100.00  1400.00  2200.00
          2026-01-22  1220.00   500.00  -         120.00  600.00  250.00   240.00   240.00  2440.00
          2026-01-29  1050.00   900.00  -         150.00  -       600.00   300.00   300.00  2140.00
          2026-02-05   830.00  -         210.00   210.00  410.00  -        840.00   420.00  2560.00
          2026-02-12   500.00   160.00  -         340.00  -       410.00   680.00   680.00  2880.00
    """)
    # 9,860 = 5,620 because all net with all, 1,360 because weeks would net with weeks, and 2,880 that remain.
    told = command("savings", "-u", centre.desk / "union", "--at", centre.at)[1]
    assert {"9,860.00", "5,620.00", "1,360.00", "2,880.00"} <= set(told.replace("EUR", "").split()), told
