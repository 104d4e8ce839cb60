"""XML from outside, element by element, without anything that a document could do to its reader.

A document type, and with it every entity, is refused; nothing outside the document is opened; depth and length of a text are bounded by
the parser, the whole by `BYTES_MAX`. Elements are dropped once they were handed out, so memory does not grow with the document.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
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
    try:
        with _opened(source) as handle:
            _, root = next(_events(handle, ("start",), None), ("", None))
            if root is None:
                raise CallerFault("input_damaged", f"{source.name} is XML without any element")
            _check_plain(root, source.name)
            yield "start", root
        with _opened(source) as handle:
            for _, element in _events(handle, ("end",), [f"{{*}}{name}" for name in sorted(wanted)]):
                _check_plain(element, source.name)
                if _parent_name(element) in within:
                    yield "end", element
                    element.clear(keep_tail=False)
                    while element.getprevious() is not None:
                        del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        raise CallerFault("input_damaged", f"{source.name} is no well-formed XML: {shown(error.msg or '')}") from error


def _events(handle: Any, events: tuple[str, ...], tags: list[str] | None) -> Any:
    """Of elements with *tags* alone, since each event costs more than the parsing that leads to it."""
    from lxml import etree

    return etree.iterparse(
        handle, events=events, tag=tags, resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True
    )


def _check_plain(element: Any, name: str) -> None:
    info = element.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        raise CallerFault("xml_not_plain", f"{name} declares a document type, with which entities come: no bank sends that")


def _parent_name(element: Any) -> str:
    parent = element.getparent()
    return "" if parent is None else local_name(parent)


def _opened(source: Source) -> Any:
    from io import BytesIO

    return source.path.open("rb") if source.path is not None else BytesIO(source.data)


def local_name(element: Any) -> str:
    """The name without its namespace; empty for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def child(element: Any, *path: str) -> Any | None:
    """The first element along *path* of local names, of *element*'s own namespace."""
    if element is None:
        return None
    return element.find(_path(element.tag.rpartition("}")[0], path))


@lru_cache(maxsize=4096)
def _path(namespace: str, names: tuple[str, ...]) -> str:
    return "/".join(f"{namespace}}}{name}" if namespace else name for name in names)


def text_of(element: Any, *path: str) -> str:
    """Text of `child`, trimmed; empty where there is none."""
    found = child(element, *path)
    return "" if found is None or found.text is None else found.text.strip()
