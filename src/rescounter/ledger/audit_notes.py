"""Keys and checkpoints under audit: the chain of rotations, and each note against the root at its size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from rescounter.ledger.audit_faults import AuditFault
from rescounter.ledger.checkpoints import Checkpoint, Rotation
from rescounter.ledger.notes import Verifier, opened
from rescounter.terms import CallerFault

__all__ = ["AuditKeys", "Kept"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint that somebody kept: where it came from, and the note."""

    name: str
    note: str


@dataclass(slots=True)
class AuditKeys:
    """Keys from the first on; *since*: the size of the log from which each signs. *waiting*: notes by the size they speak of."""

    chain: list[Verifier]
    since: list[int] = field(default_factory=lambda: [0])
    waiting: dict[int, list[tuple[str, Checkpoint, str]]] = field(default_factory=dict)
    unreadable: list[AuditFault] = field(default_factory=list)
    checked: int = 0

    @classmethod
    def of(cls, first: Verifier, kept: Sequence[Kept], stored: Iterable[tuple[int, str]]) -> AuditKeys:
        """Notes are read now and checked when the log has come to their size."""
        keys = cls([first])
        for each in kept:
            keys._await(each.name, each.note, None)
        for size, note in stored:
            keys._await(f"stored checkpoint of {size} entries", note, size)
        return keys

    def _await(self, name: str, note: str, size: int | None) -> None:
        try:
            checkpoint = Checkpoint.of_text(note.rpartition("\n\n")[0] + "\n")
        except CallerFault as fault:
            self.unreadable.append(
                AuditFault(check="checkpoints", subject=name, found=fault.message, expected="origin, size and root, signed")
            )
            return
        if size is not None and checkpoint.size != size:
            self.unreadable.append(
                AuditFault(check="checkpoints", subject=name, found=f"a checkpoint of {checkpoint.size} entries", expected=f"{size}")
            )
        self.waiting.setdefault(checkpoint.size, []).append((name, checkpoint, note))

    def rotate(self, fields: Sequence[object], sequence: int) -> Iterator[AuditFault]:
        """The next key, signed with the one before it; it signs from the size after its entry."""
        try:
            link = Rotation(Verifier.of_text(str(fields[0])), Verifier.of_text(str(fields[1])), bytes.fromhex(str(fields[2])))
        except (CallerFault, ValueError) as fault:
            yield AuditFault(check="keys", found=str(fault), expected="the old and the new verifier key, and a signature")
            return
        last = self.chain[-1]
        if link.old != last:
            yield AuditFault(
                check="keys", found=f"a change from key {link.old.key_id.hex()}", expected=f"from {last.key_id.hex()}, the key in force"
            )
        elif not link.is_signed(last.name):
            yield AuditFault(
                check="keys",
                found=f"a change to key {link.new.key_id.hex()} that is not signed",
                expected=f"a signature of {last.key_id.hex()}",
            )
        self.chain.append(link.new)
        self.since.append(sequence + 1)

    def at(self, size: int, root: bytes) -> Iterator[AuditFault]:
        """Each note of this size: signed by the key in force then, over this root."""
        for name, checkpoint, note in self.waiting.pop(size, ()) if self.waiting else ():
            self.checked += 1
            key = self.chain[max(place for place, since in enumerate(self.since) if since <= size)]
            if checkpoint.root != root:
                found = f"root {checkpoint.root.hex()[:16]} at {size} entries"
                expected = f"{root.hex()[:16]}: this log was rewritten, or the checkpoint was, after it was signed"
                yield AuditFault(check="checkpoints", subject=name, found=found, expected=expected)
            try:
                opened(note, [key])
            except CallerFault as fault:
                yield AuditFault(
                    check="checkpoints", subject=name, found=fault.message, expected=f"a signature of {key.key_id.hex()}, the key in force"
                )
            if checkpoint.origin != key.name:
                yield AuditFault(check="checkpoints", subject=name, found=f"origin {checkpoint.origin}", expected=key.name)

    def beyond(self, size: int) -> Iterator[AuditFault]:
        """Notes that cannot be read, and those that speak of entries that are not there: the log was rolled back or cut."""
        yield from self.unreadable
        for ahead in sorted(self.waiting):
            name = self.waiting[ahead][0][0]
            expected = f"at least {ahead}: the log was rolled back or cut after that checkpoint"
            yield AuditFault(check="checkpoints", subject=name, found=f"a log of {size} entries", expected=expected)

    def signs(self, in_force: Verifier, origin: str) -> Iterator[AuditFault]:
        """The key that signs must be the last of the chain, named as the log is."""
        if in_force != self.chain[-1]:
            found = f"key {in_force.key_id.hex()}"
            yield AuditFault(
                check="keys",
                subject="the signing key",
                found=found,
                expected=f"{self.chain[-1].key_id.hex()}, the last that the log announces",
            )
        if origin != self.chain[0].name:
            yield AuditFault(check="keys", subject="the origin", found=origin, expected=self.chain[0].name)
