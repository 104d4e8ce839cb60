"""XML from outside, element by element, without anything that a document could do to its reader.

A document type, and with it every entity, is refused; nothing outside the document is opened; depth and length of a text are bounded by
the parser, the whole by `BYTES_MAX`. Elements are dropped once they were handed out, so memory does not grow with the document.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rescounter.formats.source import Source
from rescounter.terms import CallerFault
from rescounter.terms.refusals import shown

__all__ = ["BYTES_MAX", "child", "elements", "is_xml", "local_name", "text_of"]

BYTES_MAX: Final = 512 * 1024 * 1024
_MARKS: Final = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")


def is_xml(head: bytes) -> bool:
    """True where content begins as XML does, in any encoding, and not as a web page."""
    for mark in _MARKS:
        head = head.removeprefix(mark)
    text = head.replace(b"\0", b"").lstrip().lower()
    return text.startswith(b"<") and not text.startswith((b"<!doctype html", b"<html", b"<table"))


def elements(source: Source, wanted: frozenset[str], *, within: frozenset[str]) -> Iterator[tuple[str, Any]]:
    """The root as it starts (``start``), then every *wanted* element directly *within* one of those as it ends (``end``).

    Args: local names.

    Refuses: a document type (xml_not_plain), more than `BYTES_MAX` (statement_too_large), what is no XML (input_damaged).
    """
    from lxml import etree

    if source.size > BYTES_MAX:
        raise CallerFault(
            "statement_too_large", f"{source.name} has {source.size:,} bytes; at most {BYTES_MAX:,} are read", size=source.size
        )
    handle = source.path.open("rb") if source.path is not None else _stream(source.data)
    try:
        with handle:
            events = etree.iterparse(
                handle,
                events=("start", "end"),
                resolve_entities=False,
                load_dtd=False,
                no_network=True,
                huge_tree=False,
                remove_comments=True,
            )
            yield from _plain(events, wanted, within, source.name)
    except etree.XMLSyntaxError as error:
        raise CallerFault("input_damaged", f"{source.name} is no well-formed XML: {shown(error.msg or '')}") from error


def _plain(events: Any, wanted: frozenset[str], within: frozenset[str], name: str) -> Iterator[tuple[str, Any]]:
    root = None
    for event, element in events:
        if root is None:
            root = element
            info = root.getroottree().docinfo
            if info.doctype or info.internalDTD is not None:
                raise CallerFault("xml_not_plain", f"{name} declares a document type, with which entities come: no bank sends that")
            yield event, root
        elif event == "end" and local_name(element) in wanted and _parent_name(element) in within:
            yield event, element
            element.clear(keep_tail=False)
            while element.getprevious() is not None:
                del element.getparent()[0]


def _parent_name(element: Any) -> str:
    parent = element.getparent()
    return "" if parent is None else local_name(parent)


def _stream(data: bytes) -> Any:
    from io import BytesIO

    return BytesIO(data)


def local_name(element: Any) -> str:
    """The name without its namespace; empty for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def child(element: Any, *path: str) -> Any | None:
    """The first element along *path* of local names, of *element*'s own namespace."""
    if element is None:
        return None
    namespace = element.tag.rpartition("}")[0]
    return element.find("/".join(f"{namespace}}}{name}" if namespace else name for name in path))


def text_of(element: Any, *path: str) -> str:
    """Text of `child`, trimmed; empty where there is none."""
    found = child(element, *path)
    return "" if found is None or found.text is None else found.text.strip()
