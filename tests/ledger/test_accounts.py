"""Opening accounts and changing them: all or nothing, in order, each refusal under its code."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rescounter.ledger import Account, AccountChange, AccountEvent, AccountState, decide_changes, decide_openings
from rescounter.ledger.standings import Standing, Standings
from rescounter.terms import BrokenLaw

ANA = Account(id="A", owner="ANA", purpose="settlement", currency="EUR", limit_minor=5)
OPEN = Standing(id="A", currency="EUR", limit_minor=100, posted_debits=80, posted_credits=20, pending_debits=10)


def change(event: AccountEvent, limit: int | None = None, name: str = "A") -> AccountChange:
    return AccountChange(account=name, event=event, limit_minor=limit)


def codes_of(*changes: AccountChange, standing: Standing = OPEN) -> list[tuple[int, str]]:
    return [(refusal.row, refusal.code) for refusal in decide_changes(changes, {"A": standing})[0]]


def test_an_account_that_stands_with_the_same_content_counts_as_opened():
    assert decide_openings([ANA, replace(ANA, id="B"), replace(ANA, id="B")], {"A": ANA}) == ((), (1,))


@pytest.mark.parametrize(
    ("account", "code"),
    [
        (replace(ANA, id=""), "account_invalid"),
        (replace(ANA, id="a\u200b"), "account_invalid"),
        (replace(ANA, owner="o" * 65), "account_invalid"),
        (replace(ANA, purpose=""), "account_invalid"),
        (replace(ANA, currency="u\u0308"), "account_invalid"),
        (replace(ANA, limit_minor=-1), "account_invalid"),
        (replace(ANA, limit_minor=2**63), "account_invalid"),
        (replace(ANA, limit_minor=None), "account_id_taken"),
    ],
)
def test_an_account_that_cannot_be_opened_is_refused_under_its_code(account, code):
    refusals, _ = decide_openings([account], {"A": ANA})
    assert [(refusal.row, refusal.code) for refusal in refusals] == [(1, code)]


def test_a_limit_may_be_lowered_to_what_is_in_use_and_no_further():
    assert codes_of(change(AccountEvent.LIMITED, 70)) == codes_of(change(AccountEvent.LIMITED)) == []
    assert codes_of(change(AccountEvent.LIMITED, 69)) == [(1, "limit_below_use")]
    assert codes_of(change(AccountEvent.LIMITED, -1)) == [(1, "account_invalid")]


def test_an_account_is_closed_empty_and_for_ever():
    empty = replace(OPEN, posted_credits=80, pending_debits=0)
    assert codes_of(change(AccountEvent.CLOSED)) == [(1, "account_not_empty")]
    assert codes_of(change(AccountEvent.CLOSED), standing=replace(empty, pending_credits=1)) == [(1, "account_not_empty")]
    events = [change(AccountEvent.CLOSED), change(AccountEvent.THAWED), change(AccountEvent.LIMITED, 9)]
    assert codes_of(*events, standing=empty) == [(2, "account_closed"), (3, "account_closed")]


def test_an_account_is_frozen_and_thawed_in_turn():
    refusals, after = decide_changes([change(AccountEvent.FROZEN), change(AccountEvent.THAWED), change(AccountEvent.FROZEN)], {"A": OPEN})
    assert refusals == () and after["A"].state is AccountState.FROZEN
    assert codes_of(change(AccountEvent.THAWED)) == [(1, "state_unchanged")]
    assert codes_of(change(AccountEvent.FROZEN, name="B")) == [(1, "account_unknown")]


def test_only_a_limit_has_a_limit():
    with pytest.raises(BrokenLaw):
        change(AccountEvent.FROZEN, 5)


def test_standings_keep_every_field():
    rows = [OPEN, replace(OPEN, id="B", limit_minor=None, state=AccountState.CLOSED)]
    assert Standings.of(rows).rows() == rows
    assert Standings.of(rows).used().tolist() == [70, 70] == [row.used_minor for row in rows]
