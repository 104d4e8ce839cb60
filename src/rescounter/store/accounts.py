"""Writing accounts, their changes, erased memos and new keys: small batches, all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rescounter.ledger import Account, AccountChange, Answer, EntryKind, decide_changes, decide_openings
from rescounter.ledger.checkpoints import Rotation
from rescounter.ledger.entries import Outcome
from rescounter.ledger.sealing import LeafFields, breach_fields
from rescounter.ledger.standings import Standing
from rescounter.store.database import Connection
from rescounter.store.lookups import askable, standings_of
from rescounter.store.posting import answer_of_all
from rescounter.store.rows import tree_of_leaves, write_places, write_refusals
from rescounter.store.session import Session, Title, place_of
from rescounter.terms import CallerFault, Refusal

__all__ = ["announce_key", "change_accounts", "erase_memos", "open_accounts"]

_OPENED: Final = "SELECT number, id, owner, purpose, currency, limit_minor FROM account WHERE id = ANY(:ids)"
_LAST_NUMBER: Final = "SELECT coalesce(max(number), 0) FROM account"
_CHANGED: Final = "UPDATE balance SET limit_minor = :limit_minor, state = :state WHERE account = :account"
_ERASE: Final = "DELETE FROM memo WHERE place IN (SELECT place FROM transfer WHERE id = ANY(:ids))"
_STAGED: Final = """
SELECT t.id FROM transfer t LEFT JOIN entry e ON e.batch = t.place >> 32 WHERE t.id = ANY(:ids) AND e.batch IS NULL LIMIT 1
"""


def _end(session: Session, number: int, title: Title, digest: bytes, leaves: Sequence[LeafFields], refusals: tuple[Refusal, ...]) -> Answer:
    """Seal a small batch: its leaves, or why it was refused."""
    write_refusals(session, number, refusals, [None] * len(refusals), bind=False)
    told = [breach_fields(refusal) for refusal in refusals] if refusals else leaves
    tree = tree_of_leaves(session, number, title.key, told)
    accepted = 0 if refusals else title.rows
    entry = session.end_batch(number, title, outcome=Outcome(not refusals), accepted=accepted, tree=tree, digest=digest)
    return answer_of_all(title, entry, is_posted=not refusals, refusals=refusals)


def _opened(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[int, Account]]:
    rows = connection.rows(_OPENED, ids=askable(ids))
    return {
        identity: (number, Account(id=identity, owner=owner, purpose=purpose, currency=currency, limit_minor=limit))
        for number, identity, owner, purpose, currency, limit in rows
    }


def open_accounts(session: Session, key: str, accounts: Sequence[Account], *, digest: bytes, leaves: Sequence[LeafFields]) -> Answer:
    """Open all or none; one that stands with the same content is a repeat."""
    title = Title(key=key, kind=EntryKind.ACCOUNTS, rows=len(accounts))
    stands = _opened(session.connection, [account.id for account in accounts])
    refusals, new = decide_openings(accounts, {identity: account for identity, (_, account) in stands.items()})
    number = session.begin_batch(title)
    if not refusals:
        ((last,),) = session.connection.rows(_LAST_NUMBER)
        _write(session, number, last, [(place, accounts[place]) for place in new])
        repeats = sorted(set(range(len(accounts))) - set(new))
        write_places(session, "repeat", number, repeats, [accounts[place].id for place in repeats])
    return _end(session, number, title, digest, leaves, refusals)


def _write(session: Session, number: int, last: int, opened: Sequence[tuple[int, Account]]) -> None:
    if not opened:
        return
    numbers = list(range(last + 1, last + 1 + len(opened)))
    columns = {name: [getattr(account, name) for _, account in opened] for name in ("id", "owner", "purpose", "currency", "limit_minor")}
    places = [place_of(number, place) for place, _ in opened]
    session.connection.load("account", {"number": numbers, **columns, "place": places})
    zeros = [0] * len(opened)
    sums = dict.fromkeys(("state", "posted_debits", "posted_credits", "pending_debits", "pending_credits"), zeros)
    session.connection.load("balance", {"account": numbers, "limit_minor": columns["limit_minor"], **sums})


def change_accounts(session: Session, key: str, changes: Sequence[AccountChange], *, digest: bytes, leaves: Sequence[LeafFields]) -> Answer:
    """Apply all events in order, or none."""
    title = Title(key=key, kind=EntryKind.ACCOUNTS, rows=len(changes))
    found = standings_of(session.connection, askable({change.account for change in changes}))
    standings: dict[str, Standing] = {row.id: row for row in found.standings.rows()}
    numbers = dict(zip(found.standings.text("id").to_pylist(), found.numbers.tolist(), strict=True))
    refusals, after = decide_changes(changes, standings)
    number = session.begin_batch(title)
    if not refusals:
        columns = {
            "place": [place_of(number, place) for place in range(len(changes))],
            "account": [numbers[change.account] for change in changes],
            "event": [int(change.event) for change in changes],
            "limit_minor": [change.limit_minor for change in changes],
        }
        if changes:
            session.connection.load("account_change", columns)
        for identity, standing in after.items():
            session.connection.run(_CHANGED, limit_minor=standing.limit_minor, state=int(standing.state), account=numbers[identity])
    return _end(session, number, title, digest, leaves, refusals)


def erase_memos(session: Session, key: str, ids: Sequence[str], *, digest: bytes, leaves: Sequence[LeafFields]) -> Answer:
    """Delete text and salt, and record that it was done."""
    title = Title(key=key, kind=EntryKind.ERASURE, rows=len(ids))
    number = session.begin_batch(title)
    staged = session.connection.rows(_STAGED, ids=askable(ids))
    if staged:
        raise CallerFault("staged_elsewhere", f"the id {staged[0][0]} stands in a batch that is staged and has not ended", id=staged[0][0])
    session.connection.run(_ERASE, ids=askable(ids))
    write_places(session, "erasure", number, range(len(ids)), ids)
    return _end(session, number, title, digest, leaves, ())


def announce_key(session: Session, key: str, rotation: Rotation, *, digest: bytes, leaves: Sequence[LeafFields]) -> Answer:
    """Record that another key signs from here on."""
    title = Title(key=key, kind=EntryKind.KEY, rows=1)
    number = session.begin_batch(title)
    old, new, signature = rotation.values()
    session.connection.load("rotation", {"place": [place_of(number)], "old": [old], "new": [new], "signature": [signature]})
    return _end(session, number, title, digest, leaves, ())
