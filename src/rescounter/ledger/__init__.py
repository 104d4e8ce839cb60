"""Accounts, transfers, the journal and its proofs: what the ledger is, without any database.

Enters: batches of transfers, the standings of the accounts they touch, what is known of the ids they
name, an instant, keys. Leaves: decisions, effects, entries, Merkle proofs, checkpoints; the port
that stores implement. Refuses: batches and transfers, by value, with a code of
`rescounter.terms.ledger_refusals`. Laws: every currency sums to zero, a balance is the fold of the
journal, no limit is broken on any prefix, finality only grows, nothing is created (`ledger/laws/`).
Nothing here knows a clock, a disk or chance. `docs/LEDGER.md` holds model, bytes, port and tables.
Read `transfers.py` first, then `decisions.py`, then `ports.py`.
"""

from rescounter.ledger.accounts import Account, AccountChange, AccountEvent, AccountState
from rescounter.ledger.decisions import AtomicDecision, Decision, conclude, decide_atomic, decide_each, examine, rows_of
from rescounter.ledger.effects import Effects
from rescounter.ledger.entries import Entry, EntryKind
from rescounter.ledger.known import Fate, Known
from rescounter.ledger.openings import decide_changes, decide_openings
from rescounter.ledger.ports import Answer, InclusionProof, Store
from rescounter.ledger.records import Record, StoredRecord
from rescounter.ledger.standings import Standings
from rescounter.ledger.transfers import CHUNK_ROWS, Batch, Flag, Policy, Transfer, Transfers

__all__ = [
    "CHUNK_ROWS",
    "Account",
    "AccountChange",
    "AccountEvent",
    "AccountState",
    "Answer",
    "AtomicDecision",
    "Batch",
    "Decision",
    "Effects",
    "Entry",
    "EntryKind",
    "Fate",
    "Flag",
    "InclusionProof",
    "Known",
    "Policy",
    "Record",
    "Standings",
    "Store",
    "StoredRecord",
    "Transfer",
    "Transfers",
    "conclude",
    "decide_atomic",
    "decide_changes",
    "decide_each",
    "decide_openings",
    "examine",
    "rows_of",
]
