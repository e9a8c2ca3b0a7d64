"""What is sealed and how: AES-256-GCM (NIST SP 800-38D), a fresh nonce a record, the record's own token as associated data, so that a
ciphertext moved to another row does not open.

A blind index lets an exact value be found without opening anything: a keyed hash (BLAKE2b, RFC 7693) of the kind, the organisation and the
value in one spelling, cut to 63 bits. It tells that two rows of one organisation share a value, not which; values met by chance on the same
index (one in 10^18 pairs) are told apart when the row is opened.
"""

from __future__ import annotations

import hashlib
import json
import os
import unicodedata
from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from panhuo.apps.privacy.keys import Keys

NONCE = 12
INDEXED = ("name", "id_no", "phone", "bank_card")
"""Kinds of value that can be looked up exactly."""


class Sealed(Exception):
    """A record that does not open: the key of its version is not in the file, or the row was tampered with."""


def seal(keys: Keys, token: int, values: Mapping[str, str]) -> bytes:
    """A person's values as one ciphertext: nonce, then ciphertext with tag."""
    nonce = os.urandom(NONCE)
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
    return nonce + AESGCM(keys.sealing[keys.current]).encrypt(nonce, text, _bound(token))


def unseal(keys: Keys, version: int, token: int, sealed: bytes) -> dict[str, str]:
    """The values. Raises Sealed."""
    try:
        text = AESGCM(keys.sealing[version]).decrypt(sealed[:NONCE], sealed[NONCE:], _bound(token))
    except (KeyError, InvalidTag, ValueError) as error:
        raise Sealed(f"vault record {token}, key version {version}") from error
    values: dict[str, str] = json.loads(text)
    return values


def blind(keys: Keys, organisation_id: int, kind: str, value: str) -> int:
    """The blind index of a value: 63 bits."""
    found = blinds(keys, organisation_id, kind, [value])[0]
    assert found is not None  # the value was not
    return found


def blinds(keys: Keys, organisation_id: int, kind: str, values: Sequence[str | None]) -> list[int | None]:
    """The blind index of each value, None of None."""
    begun = hashlib.blake2b(f"{organisation_id}\x00{kind}\x00".encode(), key=keys.index, digest_size=8, person=b"panhuo-blind")

    def one(value: str) -> int:
        hashed = begun.copy()  # the key and what all share are hashed once
        hashed.update(spelling(kind, value).encode())
        return int.from_bytes(hashed.digest(), "big") >> 1

    return [None if value is None else one(value) for value in values]


def spelling(kind: str, value: str) -> str:
    """One spelling of what people type in several: width, case, and blanks and dashes in numbers."""
    text = (value if value.isascii() else unicodedata.normalize("NFKC", value)).strip().upper()
    if kind == "name":
        return "".join(text.split())
    return text if text.isalnum() else "".join(filter(str.isalnum, text))


def _bound(token: int) -> bytes:
    return token.to_bytes(8, "big")
