"""Keeping and reading documents: parts in one transaction, and a row that says that they are whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rescounter.ledger.documents import StoredDocument, damage_of, digest_name, digest_of_name, parts_of
from rescounter.store.database import Connection
from rescounter.terms import CallerFault, EnvironmentFault
from rescounter.terms.refusals import shown

__all__ = ["document", "is_kept", "keep", "named_documents", "stored_documents"]

_SIZE: Final = "SELECT size FROM document_whole WHERE digest = :digest"
_CLEAR: Final = "DELETE FROM document WHERE digest = :digest"
# Asked as a question, since its answer is waited for: else all parts of a large document would wait in memory to be sent.
_PART: Final = "INSERT INTO document (digest, part, bytes) VALUES (:digest, :part, :content) RETURNING part"
_WHOLE: Final = "INSERT INTO document_whole (digest, size) VALUES (:digest, :size)"
_READ: Final = "SELECT part, bytes FROM document WHERE digest = :digest AND part >= :part ORDER BY part LIMIT 1"
_NAMES: Final = "SELECT digest, size FROM document_whole WHERE digest > :after ORDER BY digest LIMIT 1000"


def is_kept(connection: Connection, digest: bytes) -> bool:
    """True when the document is there to its end."""
    return bool(connection.rows(_SIZE, digest=digest))


def keep(connection: Connection, content: bytes, digest: bytes) -> None:
    """Store a document unless it is there; what was left of one that was not stored to its end is replaced."""
    if is_kept(connection, digest):
        return
    connection.run(_CLEAR, digest=digest)
    for number, part in enumerate(parts_of(content)):
        connection.rows(_PART, digest=digest, part=number, content=part)
    connection.run(_WHOLE, digest=digest, size=len(content))


def document(connection: Connection, name: str) -> bytes:
    """The bytes under a digest, hashed again. Raises: CallerFault ``document_unknown``; EnvironmentFault ``document_damaged``."""
    digest = digest_of_name(name)
    found = [] if digest is None else connection.rows(_SIZE, digest=digest)
    if digest is None or not found:
        raise CallerFault("document_unknown", f"there is no document {shown(name)}")
    content: list[bytes] = []
    damage = damage_of(_stored(connection, digest, found[0][0]), take=content.append)
    if damage:
        raise EnvironmentFault("document_damaged", f"the document {name} is stored as {damage}", document=name)
    return b"".join(content)


def named_documents(connection: Connection, *, after: bytes) -> list[tuple[bytes, int]]:
    """Up to 1,000 documents behind digest *after*, in order: digest and size."""
    return [(bytes(digest), size) for digest, size in connection.rows(_NAMES, after=after)]


def stored_documents(connection: Connection) -> Iterator[StoredDocument]:
    """All documents in order of their digests, each to be read part by part."""
    after = b""
    while names := named_documents(connection, after=after):
        for digest, size in names:
            yield _stored(connection, digest, size)
        after = names[-1][0]


def _stored(connection: Connection, digest: bytes, size: int) -> StoredDocument:
    return StoredDocument(name=digest_name(digest), size=size, parts=_parts(connection, digest))


def _parts(connection: Connection, digest: bytes) -> Iterator[tuple[int, bytes]]:
    """One part at a time, so that no more than that is held."""
    part = 0
    while rows := connection.rows(_READ, digest=digest, part=part):
        ((number, content),) = rows
        yield number, bytes(content)
        part = number + 1
