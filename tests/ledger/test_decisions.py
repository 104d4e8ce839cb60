"""What is accepted, what is refused and why; and that the fast way and the exact way are one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.ledger import (
    AccountState,
    Batch,
    Decision,
    Effects,
    Fate,
    Flag,
    Known,
    Policy,
    Standings,
    Transfer,
    Transfers,
    conclude,
    decide_atomic,
    decide_each,
    decisions,
    examine,
    rows_of,
)
from rescounter.ledger.canonical import content_digest
from rescounter.ledger.effects import COLUMNS, merged
from rescounter.ledger.expiry import expiries
from rescounter.ledger.laws.balances_are_the_fold import effects_are_the_fold, folded
from rescounter.ledger.laws.limits_hold import limits_hold, standings_are_within_limits
from rescounter.ledger.laws.nothing_created import posts_what_was_cleared
from rescounter.ledger.laws.zero_sum import currencies_sum_to_zero, effects_sum_to_zero
from rescounter.ledger.memos import SealedMemo, memo_digest
from rescounter.ledger.rulings import Ruling
from rescounter.ledger.standings import Standing
from rescounter.ledger.transfers import CHUNK_ROWS, check_key
from rescounter.terms import BrokenLaw, CallerFault
from rescounter.terms.refusals import LEDGER_REFUSALS

MOST = 2**63 - 1
NOW = 1_000_000


def standings(*rows: Standing) -> Standings:
    return Standings.of(rows)


def account(name: str, limit: int | None = 100, **more) -> Standing:
    return Standing(id=name, currency=more.pop("currency", "EUR"), limit_minor=limit, **more)


def pay(number: int, debit: str, credit: str, amount: int, **more) -> Transfer:
    return Transfer(id=f"T{number}", debit=debit, credit=credit, amount_minor=amount, **more)


def known(transfer: Transfer, **more) -> dict[str, Known]:
    return {transfer.id: Known(content=content_digest(transfer), transfer=transfer, **more)}


def each(rows: list[Transfer], accounts: Standings, before: dict[str, Known] | None = None) -> Decision:
    return decide_each(Transfers.of(rows), accounts, before or {}, at_us=NOW)


def codes(decision) -> list[tuple[int, str]]:
    return [(refusal.row, refusal.code) for refusal in decision.refusals]


THREE = standings(account("ana"), account("bo"), account("cy", 0))
OLD = pay(0, "ana", "bo", 10)
WAITS = pay(0, "ana", "bo", 10, flag=Flag.PENDING)
POSTED = known(OLD)
WAITING = known(WAITS)
ODD = standings(
    account("ana"),
    account("bo"),
    account("usd", currency="USD"),
    account("ice", state=AccountState.FROZEN),
    account("end", state=AccountState.CLOSED),
)

ONE_BAD_ROW = {
    "transfer_id_invalid": (replace(pay(1, "ana", "bo", 1), id="x" * 129), {}),
    "transfer_id_taken": (replace(OLD, amount_minor=11), POSTED),
    "transfer_amount_not_positive": (pay(1, "ana", "bo", 0), {}),
    "same_account": (pay(1, "ana", "ana", 1), {}),
    "flag_inconsistent": (pay(1, "ana", "bo", 1, flag=Flag.VOID), {}),
    "text_invalid": (pay(1, "ana", "bo", 1, kind="k" * 65), {}),
    "account_unknown": (pay(1, "ana", "dan", 1), {}),
    "account_closed": (pay(1, "ana", "end", 1), {}),
    "account_frozen": (pay(1, "ice", "ana", 1), {}),
    "currencies_differ": (pay(1, "ana", "usd", 1), {}),
    "expiry_passed": (pay(1, "ana", "bo", 1, flag=Flag.PENDING, expires_at_us=NOW), {}),
    "pending_unknown": (pay(1, "ana", "bo", 1, flag=Flag.POST, pending_id="T0"), POSTED),
    "pending_resolved": (pay(1, "ana", "bo", 1, flag=Flag.POST, pending_id="T0"), known(WAITS, fate=Fate.VOIDED)),
    "pending_expired": (pay(1, "ana", "bo", 1, flag=Flag.POST, pending_id="T0"), known(WAITS, fate=Fate.EXPIRED)),
    "pending_mismatch": (pay(1, "ana", "bo", 11, flag=Flag.POST, pending_id="T0"), WAITING),
    "reversal_unknown": (pay(1, "bo", "ana", 10, reverses="T0"), WAITING),
    "reversal_repeated": (pay(1, "bo", "ana", 10, reverses="T0"), known(OLD, is_reversed=True)),
    "reversal_mismatch": (pay(1, "bo", "ana", 9, reverses="T0"), POSTED),
    "limit_exceeded": (pay(1, "ana", "bo", 101), {}),
}


@pytest.mark.parametrize("code", ONE_BAD_ROW)
def test_a_transfer_that_breaks_one_rule_is_refused_under_its_code(code):
    transfer, before = ONE_BAD_ROW[code]
    decision = each([transfer, pay(9, "ana", "bo", 1)], ODD, before)
    assert codes(decision) == [(1, code)]
    assert decision.accepted.tolist() == [False, True]
    refusal = decision.refusals[0]
    assert refusal.found and refusal.allowed and refusal.what_to_do and refusal.rule == LEDGER_REFUSALS[code].rule


def test_every_ruling_has_a_rule_in_the_same_order():
    of_transfers = [ruling.code for ruling in Ruling if ruling]
    assert of_transfers == list(LEDGER_REFUSALS)[: len(of_transfers)]
    assert [rule.rule for rule in LEDGER_REFUSALS.values()] == [f"L{number}" for number in range(1, len(LEDGER_REFUSALS) + 1)]
    assert [rule.precedence for rule in LEDGER_REFUSALS.values()] == sorted(rule.precedence for rule in LEDGER_REFUSALS.values())
    unseen = set(of_transfers) - ONE_BAD_ROW.keys()
    assert unseen == {"two_phase_in_large_batch", "total_beyond_int64"}, "each has a test of its own below"


def test_of_ten_payments_of_100_against_a_cap_of_100_exactly_one_is_accepted():
    decision = each([pay(number, "ana", "bo", 100) for number in range(10)], THREE)
    assert decision.accepted.tolist() == [True] + [False] * 9
    assert {code for _, code in codes(decision)} == {"limit_exceeded"}
    assert (decision.effects.ids.to_pylist(), decision.effects.posted_debits.tolist()) == (["ana", "bo"], [100, 0])


def test_what_comes_in_may_go_out_in_the_same_batch_and_not_before():
    rows = [pay(1, "ana", "cy", 50), pay(2, "cy", "bo", 50)]
    assert each(rows, THREE).accepted.tolist() == [True, True]
    assert each(rows[::-1], THREE).accepted.tolist() == [False, True]


def test_what_is_pending_counts_against_the_limit_and_not_for_it():
    rows = [
        pay(1, "ana", "cy", 60, flag=Flag.PENDING),
        pay(2, "cy", "bo", 1),
        pay(3, "ana", "bo", 41),
        pay(4, "ana", "cy", 25, flag=Flag.POST, pending_id="T1"),
        pay(5, "ana", "bo", 75),
        pay(6, "cy", "bo", 25),
    ]
    decision = each(rows, THREE)
    assert decision.accepted.tolist() == [True, False, False, True, True, True]
    after = {row.id: row for row in folded(THREE, [decision.effects]).rows()}
    assert (after["ana"].posted_debits, after["ana"].pending_debits, after["cy"].balance_minor) == (100, 0, 0)


def test_a_pending_transfer_is_resolved_once_within_a_batch():
    rows = [WAITS, pay(1, "ana", "bo", 10, flag=Flag.VOID, pending_id="T0"), pay(2, "ana", "bo", 10, flag=Flag.POST, pending_id="T0")]
    assert codes(each(rows, THREE)) == [(3, "pending_resolved")]


def test_a_void_releases_all_and_on_frozen_accounts_too():
    frozen = standings(account("ana", state=AccountState.FROZEN, pending_debits=10), account("bo", pending_credits=10))
    void = pay(1, "ana", "bo", 10, flag=Flag.VOID, pending_id="T0")
    assert each([void], frozen, WAITING).effects.pending_debits.tolist() == [-10, 0]
    assert codes(each([replace(void, amount_minor=9)], frozen, WAITING)) == [(1, "pending_mismatch")]
    assert codes(each([replace(void, flag=Flag.POST)], frozen, WAITING)) == [(1, "account_frozen")]


def test_a_pending_transfer_cannot_be_posted_from_its_expiry_on():
    waits = replace(WAITS, expires_at_us=NOW)
    post = pay(1, "ana", "bo", 10, flag=Flag.POST, pending_id="T0")
    held = standings(account("ana", pending_debits=10), account("bo", pending_credits=10))
    assert codes(each([post], held, known(waits))) == [(1, "pending_expired")]
    assert codes(each([post], held, known(replace(waits, expires_at_us=NOW + 1)))) == []


def test_what_has_expired_is_released_by_a_transfer_of_its_own():
    waits = [replace(WAITS, expires_at_us=NOW), replace(WAITS, id="y" * 128, expires_at_us=5)]
    transfers, effects = expiries(waits, at_us=NOW)
    rows = list(transfers.rows())
    assert [(row.pending_id, row.flag) for row in rows] == [("y" * 128, Flag.EXPIRE), ("T0", Flag.EXPIRE)]
    assert rows[1].id == "T0/expired" and len(rows[0].id) <= 128
    assert (effects.pending_debits.tolist(), effects.pending_credits.tolist()) == ([-20, 0], [0, -20])
    with pytest.raises(BrokenLaw):
        expiries(waits, at_us=NOW - 1)


def test_a_reversal_names_what_it_undoes_and_does_so_once():
    rows = [
        pay(1, "ana", "bo", 40),
        pay(2, "bo", "ana", 40, reverses="T1"),
        pay(3, "bo", "ana", 40, reverses="T1"),
        pay(4, "ana", "bo", 40, reverses="T2"),
    ]
    decision = each(rows, THREE)
    assert codes(decision) == [(3, "reversal_repeated"), (4, "reversal_unknown")]
    assert {row.id: row.balance_minor for row in folded(THREE, [decision.effects]).rows()} == {"ana": 0, "bo": 0, "cy": 0}


def test_a_reversal_respects_the_limit_of_who_gives_back():
    spent = standings(account("ana"), account("bo", 0))
    assert codes(each([pay(1, "bo", "ana", 10, reverses="T0")], spent, POSTED)) == [(1, "limit_exceeded")]


def test_a_post_may_be_reversed_and_a_pending_one_may_not():
    post = pay(1, "ana", "bo", 10, flag=Flag.POST, pending_id="T0")
    held = standings(account("ana", pending_debits=10), account("bo", pending_credits=10))
    rows = [post, pay(2, "bo", "ana", 10, reverses="T1"), pay(3, "bo", "ana", 10, reverses="T0")]
    assert codes(each(rows, held, WAITING)) == [(3, "reversal_unknown")]


@pytest.mark.parametrize("decide", [True, False], ids=["each", "atomic"])
def test_sums_at_the_edge_of_int64_are_exact(decide):
    rich = standings(account("ana", None), account("bo", None))
    rows = [pay(1, "ana", "bo", MOST), pay(2, "ana", "bo", 1), pay(3, "bo", "ana", MOST)]
    if decide:
        decision = each(rows, rich)
        assert codes(decision) == [(2, "total_beyond_int64")]
        assert decision.effects.posted_debits.tolist() == [MOST, MOST]
    else:
        refused = decide_atomic(Transfers.of(rows), rich, {}, policy=Policy.CYCLE_NET, at_us=NOW)
        assert codes(refused) == [(2, "total_beyond_int64")]


def test_a_limit_and_a_use_that_are_far_apart_are_compared_exactly():
    extremes = standings(account("ana", MOST, posted_credits=MOST), account("bo", None, posted_debits=MOST), account("cy", None))
    decision = each([pay(1, "ana", "cy", MOST), pay(2, "bo", "cy", 1)], extremes)
    assert codes(decision) == [(2, "total_beyond_int64")]


def test_the_same_id_with_the_same_content_gets_the_first_answer_and_moves_nothing():
    first = each([pay(1, "ana", "bo", 101)], THREE).refusals[0]
    before = {"T1": Known(content=content_digest(pay(1, "ana", "bo", 101)), refusal=first, memo_is_kept=False)} | known(OLD)
    raised = standings(account("ana", 1000), account("bo"), account("cy"))
    decision = each(
        [pay(1, "ana", "bo", 101), OLD, pay(1, "ana", "bo", 102), pay(2, "ana", "bo", 5), pay(2, "ana", "bo", 5)], raised, before
    )
    assert decision.accepted.tolist() == [False, True, False, True, True]
    assert decision.repeated.tolist() == [True, True, False, False, True]
    assert codes(decision) == [(1, "limit_exceeded"), (3, "transfer_id_taken")]
    assert decision.effects.posted_debits.tolist() == [5, 0]


def test_another_memo_is_other_content_while_the_memo_is_there():
    sealed = SealedMemo(bytes(16), memo_digest("rent", bytes(16)))
    for before, memo, fine in (
        (known(OLD, memo=sealed), "rent", True),
        (known(OLD, memo=sealed), "fee", False),
        (known(OLD, memo=sealed), None, False),
        (known(OLD), "rent", False),
        (known(OLD, memo_is_kept=False), "anything", True),
    ):
        decision = each([replace(OLD, memo=memo)], THREE, before)
        assert (decision.repeated.tolist(), [code for _, code in codes(decision)]) == ([fine], [] if fine else ["transfer_id_taken"])


def test_every_offending_transfer_and_account_of_a_cycle_is_named():
    rows = [pay(1, "ana", "bo", 60), pay(2, "cy", "bo", 10), pay(3, "ana", "bo", 60), pay(4, "bo", "cy", 5), pay(5, "bo", "dan", 5)]
    decision = decide_atomic(Transfers.of(rows), THREE, {}, policy=Policy.CYCLE_NET, at_us=NOW)
    assert not decision.is_posted and len(decision.effects) == 0
    assert codes(decision) == [(1, "limit_exceeded"), (2, "limit_exceeded"), (3, "limit_exceeded"), (5, "account_unknown")]
    assert [(breach.id, breach.found) for breach in decision.breaches] == [
        ("ana", "ana would use 120 minor units"),
        ("cy", "cy would use 5 minor units"),
    ]


def test_a_cycle_may_pass_a_limit_on_the_way_and_a_sequence_may_not():
    rows = Transfers.of([pay(1, "cy", "bo", 10), pay(2, "ana", "cy", 10)])
    assert decide_atomic(rows, THREE, {}, policy=Policy.CYCLE_NET, at_us=NOW).is_posted
    sequence = decide_atomic(rows, THREE, {}, policy=Policy.SEQUENTIAL, at_us=NOW)
    assert (codes(sequence), sequence.breaches) == ([(1, "limit_exceeded")], ())


def test_an_atomic_batch_takes_no_id_twice_and_none_that_was_answered():
    rows = [pay(1, "ana", "bo", 1), pay(1, "ana", "bo", 1), OLD]
    decision = decide_atomic(Transfers.of(rows), THREE, POSTED, policy=Policy.CYCLE_NET, at_us=NOW)
    assert codes(decision) == [(2, "transfer_id_taken"), (3, "transfer_id_taken")]


def test_a_large_batch_holds_plain_transfers_alone():
    examined = examine(Transfers.of([WAITS, pay(1, "ana", "bo", 1)]), THREE, {}, at_us=NOW, first_row=CHUNK_ROWS)
    assert codes(examined) == [(CHUNK_ROWS + 1, "two_phase_in_large_batch")]
    assert examined.effects.posted_debits.tolist() == [1, 0]


def test_more_than_a_chunk_is_not_decided_at_once():
    many = Transfers.of_columns({"id": ["x"] * (CHUNK_ROWS + 1), "debit": ["a"] * (CHUNK_ROWS + 1), "credit": ["b"] * (CHUNK_ROWS + 1),
                                 "amount_minor": np.ones(CHUNK_ROWS + 1, np.int64)})  # fmt: skip
    for decide in (
        lambda: decide_each(many, THREE, {}, at_us=NOW),
        lambda: decide_atomic(many, THREE, {}, policy=Policy.CYCLE_NET, at_us=NOW),
    ):
        with pytest.raises(CallerFault) as fault:
            decide()
        assert fault.value.code == "batch_too_large"


@pytest.mark.parametrize("key", ["", "k" * 129, "a\nb", "expiry/1"])
def test_a_key_is_visible_and_not_the_ledgers_own(key):
    with pytest.raises(CallerFault):
        Batch(key=key, transfers=Transfers.of([]))
    with pytest.raises(CallerFault):
        check_key(key)


def test_what_was_staged_is_judged_again_at_the_flip():
    effects = decide_each(Transfers.of([pay(1, "ana", "bo", 60)]), THREE, {}, at_us=NOW).effects
    for change, code in (
        ({"posted_debits": 41}, "account_over_limit"),
        ({"state": AccountState.FROZEN}, "account_frozen"),
        ({"state": AccountState.CLOSED}, "account_closed"),
        ({"posted_debits": MOST, "posted_credits": MOST}, "total_beyond_int64"),
    ):
        breaches = conclude(effects, standings(account("ana", **change), account("bo")), policy=Policy.CYCLE_NET)
        assert [(breach.id, breach.code) for breach in breaches] == [("ana", code)]
        named = rows_of(Transfers.of([pay(1, "ana", "bo", 60), pay(2, "bo", "cy", 1), pay(3, "bo", "ana", 1)]), breaches, first_row=10)
        rows = [11] if code == "account_over_limit" else [11, 13]
        assert [refusal.row for refusal in named] == rows


amounts = st.integers(1, 60) | st.sampled_from([MOST, MOST - 5, 2**62])
NAMES = ["ana", "bo", "cy", "dan"]


@st.composite
def lives(draw) -> tuple[Standings, list[Transfer]]:
    accounts = []
    for name in NAMES:
        credits, limit = draw(st.integers(0, 100)), draw(st.none() | st.integers(0, 200) | st.just(MOST))
        waits = draw(st.integers(0, min(credits, 20)))
        accounts.append(account(name, limit, posted_credits=credits, pending_debits=waits))
    rows = []
    for number in range(draw(st.integers(0, 25))):
        debit = draw(st.sampled_from(NAMES))
        credit = draw(st.sampled_from(NAMES))
        rows.append(pay(number, debit, credit, draw(amounts), flag=draw(st.sampled_from([Flag.PLAIN, Flag.PLAIN, Flag.PENDING]))))
    return standings(*accounts), rows


def columns_of(effects: Effects) -> list[list[int]]:
    return [effects.ids.to_pylist(), *(getattr(effects, name).tolist() for name in COLUMNS)]


@given(lives())
def test_the_fast_way_and_the_exact_way_give_one_answer(life):
    accounts, rows = life
    quick = each(rows, accounts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decisions, "_effects_if_all", lambda *_, **__: None)
        exact = each(rows, accounts)
    assert quick.accepted.tolist() == exact.accepted.tolist()
    assert quick.refusals == exact.refusals
    assert columns_of(quick.effects) == columns_of(exact.effects)


@given(lives())
def test_limits_hold_after_every_transfer_and_effects_are_the_fold(life):
    accounts, rows = life
    decision = each(rows, accounts)
    accepted = [row for row, fine in zip(rows, decision.accepted, strict=True) if fine]
    effects_are_the_fold(decision.effects, accepted, {})
    for end in range(len(accepted) + 1):
        books = folded(accounts, [each(accepted[:end], accounts).effects])
        standings_are_within_limits(books)


@given(lives(), st.integers(0, 25))
def test_effects_of_two_chunks_merge_to_those_of_both(life, cut):
    _, rows = life
    free = standings(*(account(name, None) for name in NAMES))
    accepted = [row for row, fine in zip(rows, each(rows, free).accepted, strict=True) if fine]
    whole = each(accepted, free).effects
    first, second = each(accepted[:cut], free).effects, each(accepted[cut:], free).effects
    both, too_large = merged(first, second)
    assert too_large == ()
    assert columns_of(both) == columns_of(whole)


@given(lives())
def test_a_staged_sequence_passes_its_flip_exactly_when_every_prefix_holds(life):
    accounts, rows = life
    plain = [replace(row, flag=Flag.PLAIN) for row in rows if row.debit != row.credit and row.amount_minor < 100]
    transfers = Transfers.of(plain)
    examined = examine(transfers, accounts, {}, at_us=NOW, first_row=0)
    assert examined.refusals == ()
    for policy in (Policy.SEQUENTIAL, Policy.CYCLE_NET):
        at_once = decide_atomic(transfers, accounts, {}, policy=policy, at_us=NOW)
        assert at_once.is_posted == (conclude(examined.effects, accounts, policy=policy) == ())


def test_effects_that_pass_int64_together_are_told_and_left_out():
    free = standings(account("ana", None), account("bo", None), account("cy", None))
    first, second = each([pay(1, "ana", "bo", MOST)], free).effects, each([pay(2, "ana", "cy", 1)], free).effects
    both, too_large = merged(first, second)
    assert (both.ids.to_pylist(), too_large) == (["bo", "cy"], ("ana",))


def broken(law, *arguments, **named) -> str:
    with pytest.raises(BrokenLaw) as fault:
        law(*arguments, **named)
    return fault.value.law


def test_each_law_finds_what_breaks_it():
    effects = each([pay(1, "ana", "bo", 60)], THREE).effects
    unequal = Effects.of(["ana"], {name: [1 if name == "posted_debits" else 0] for name in COLUMNS})
    assert broken(effects_sum_to_zero, unequal) == "zero_sum"
    assert broken(currencies_sum_to_zero, standings(account("ana", posted_debits=1))) == "zero_sum"
    assert broken(limits_hold, effects, standings(account("ana", 59), account("bo"))) == "limits_hold"
    assert broken(standings_are_within_limits, standings(account("ana", 59, posted_debits=60))) == "limits_hold"
    assert broken(effects_are_the_fold, effects, [pay(1, "ana", "bo", 61)], {}) == "effects_are_the_fold"
    posts_what_was_cleared(effects, debits_minor={"ana": 60, "cy": 0}, credits_minor={"bo": 60})
    assert broken(posts_what_was_cleared, effects, debits_minor={"ana": 60}, credits_minor={"cy": 60}) == "nothing_created"
    assert broken(posts_what_was_cleared, effects, debits_minor={"ana": 61}, credits_minor={"bo": 60}) == "nothing_created"
