"""Codes that identify a party outside the union: LEI, BIC, IBAN, country; and its own member code and verifier key.

Each function says whether a text is such a code, written as the standard writes it: capital letters, no spaces.
Check digits and national forms by `python-stdnum`; countries from the `tzdata` package (its ISO 3166 list).
Sources: ISO 17442 (LEI), ISO 9362 (BIC), ISO 13616 (IBAN), ISO 3166-1, C2SP signed-note (verifier key).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Final

from rescounter.terms.names import CASH_NAME, FUND_NAME, NAME_LENGTH_MAX, has_hidden_characters

__all__ = ["is_bic", "is_code", "is_country", "is_iban", "is_lei", "is_text", "is_verifier_key"]

_LEI: Final = re.compile(r"[0-9A-Z]{18}[0-9]{2}")
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}")
_ED25519: Final = b"\x01"
_KEY_BYTES: Final = 1 + 32
_ID_BYTES: Final = 4


def is_text(text: str, length_max: int) -> bool:
    """True for 1 to *length_max* visible, composed characters (Unicode normal form C) without white space at either end."""
    return (
        0 < len(text) <= length_max and text == text.strip() and not has_hidden_characters(text) and unicodedata.is_normalized("NFC", text)
    )


def is_code(code: str) -> bool:
    """True for a code that a member or a person may have: up to 64 visible characters, neither ``*`` nor ``**``."""
    return is_text(code, NAME_LENGTH_MAX) and code not in (FUND_NAME, CASH_NAME)


def is_lei(code: str) -> bool:
    """True for a legal entity identifier: 20 characters, the last two check digits (ISO 7064, MOD 97-10)."""
    from stdnum import lei

    return _LEI.fullmatch(code) is not None and lei.is_valid(code)


def is_bic(code: str) -> bool:
    """True for a business identifier code: 8 or 11 characters with a country in them."""
    from stdnum import bic

    return bic.compact(code) == code and bic.is_valid(code)


def is_iban(code: str) -> bool:
    """True for an international bank account number: check digits, and the form that its country has registered."""
    from stdnum import iban

    return _IBAN.fullmatch(code) is not None and iban.is_valid(code)


@cache
def _countries() -> frozenset[str]:
    lines = files("tzdata").joinpath("zoneinfo").joinpath("iso3166.tab").read_text(encoding="utf-8").splitlines()
    return frozenset(line[:2] for line in lines if not line.startswith("#"))


def is_country(code: str) -> bool:
    """True for a code of ISO 3166-1 alpha-2."""
    return code in _countries()


def is_verifier_key(text: str) -> bool:
    """True for an Ed25519 verifier key as it is written down: ``name+hex id+base64(type, key)``."""
    name, _, rest = text.partition("+")
    identity, _, encoded = rest.partition("+")
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return False
    if not is_text(name, NAME_LENGTH_MAX) or any(character.isspace() for character in name):
        return False
    if len(key) != _KEY_BYTES or key[:1] != _ED25519 or base64.b64encode(key).decode() != encoded:
        return False
    return identity == hashlib.sha256(name.encode() + b"\n" + key).digest()[:_ID_BYTES].hex()
