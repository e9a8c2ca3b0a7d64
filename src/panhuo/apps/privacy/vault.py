"""Putting people into the vault, finding them by an exact value, opening one record. The only code that does (a test of the house holds it).

A token is made of the import, what the person is to the account, and the account's place on the tape, so no table has to keep one:
``batch * 2^34 + about * 2^32 + position``. It says nothing about the person and opens nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection

from panhuo.apps.identity.scope import Scope
from panhuo.apps.privacy.keys import Keys, load_keys
from panhuo.apps.privacy.models import Person
from panhuo.apps.privacy.sealing import INDEXED, NONCE, Sealed, blind, blinds, spelling, unseal
from panhuo.kernel.fields import Field
from panhuo.kernel.frames import TAPE
from panhuo.kernel.masking import MASKS

ABOUT = {"debtor": 0, "guarantor": 1, "contact": 2, "collateral": 3}
_ROWS = 50_000
_KINDS = {"name": "name", "id_no": "id_no", "phone": "phone", "bank_card": "bank_card", "guarantor_name": "name", "guarantor_id_no": "id_no"}
_KINDS |= {"guarantor_phone": "phone", "contact_name": "name", "contact_phone": "phone"}


def token_of(batch: int, about: str, position: int) -> int:
    """What other tables know a person by."""
    return (batch << 34) + (ABOUT[about] << 32) + position


def vault_open(batch: int) -> None:
    """Make the partition of an import, in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"create table privacy_person_{int(batch)} (like privacy_person including defaults including constraints)")


def vault_close(batch: int) -> None:
    """Index the partition and attach it: from the commit on it can be found."""
    name = f"privacy_person_{int(batch)}"
    with connection.cursor() as cursor:
        cursor.execute(f"alter table {name} add constraint {name}_batch check (batch = {int(batch)})")
        cursor.execute(f"alter table privacy_person attach partition {name} for values in ({int(batch)})")
        cursor.execute(f"alter table {name} drop constraint {name}_batch")


def vault_drop(batch: int) -> None:
    """Remove all that an import put into the vault."""
    with connection.cursor() as cursor:
        cursor.execute(f"drop table if exists privacy_person_{int(batch)}")


def people_seal(organisation_id: int, *, batch: int, about: str, people: pl.DataFrame) -> int:
    """Seal people into the open partition; how many.

    people: ``position`` (of the account on the tape) and text columns named as in ``kernel.frames``; rows with nothing in them are
    passed over. The caller's transaction decides whether they stay.
    """
    keys = load_keys(settings.PANHUO_VAULT_KEYS)
    columns = [name for name in people.columns if name != "position"]
    text = people.select("position", *(pl.col(name).cast(pl.String) for name in columns))
    text = text.filter(pl.any_horizontal(pl.col(columns).is_not_null()))
    target = f"copy privacy_person_{int(batch)} (batch, token, organisation_id, about, key_version, sealed, name_index, id_no_index, phone_index, bank_card_index) from stdin (format csv)"
    with connection.cursor() as cursor, cursor.copy(target) as copy:
        for part in text.iter_slices(_ROWS):
            copy.write(_lines(keys, organisation_id, batch, about, part, columns))
    return text.height


def _lines(keys: Keys, organisation_id: int, batch: int, about: str, part: pl.DataFrame, columns: list[str]) -> bytes:
    first = token_of(batch, about, 0)
    cipher, nonces = AESGCM(keys.sealing[keys.current]), os.urandom(NONCE * part.height)
    # nulls are left out of the text: most contacts have two values of four
    texts = part.select(pl.struct(columns).struct.json_encode())[:, 0].to_list()
    tokens = [first + position for position in part["position"].to_list()]
    sealed = []
    for i, (token, text) in enumerate(zip(tokens, texts, strict=True)):
        nonce = nonces[i * NONCE : (i + 1) * NONCE]
        sealed.append("\\x" + (nonce + cipher.encrypt(nonce, text.encode(), token.to_bytes(8, "big"))).hex())
    found: dict[str, list[int | None]] = {kind: [None] * part.height for kind in INDEXED}
    for name in columns:
        kind = _KINDS.get(name)
        if kind is not None:
            found[kind] = blinds(keys, organisation_id, kind, part[name].to_list())
    frame = pl.DataFrame(
        {
            "batch": pl.repeat(batch, part.height, eager=True, dtype=pl.Int64),
            "token": pl.Series(tokens, dtype=pl.Int64),
            "organisation": pl.repeat(organisation_id, part.height, eager=True, dtype=pl.Int64),
            "about": pl.repeat(ABOUT[about], part.height, eager=True, dtype=pl.Int16),
            "version": pl.repeat(keys.current, part.height, eager=True, dtype=pl.Int16),
            "sealed": sealed,
            **{kind: pl.Series(found[kind], dtype=pl.Int64) for kind in INDEXED},
        }
    )
    return frame.write_csv(include_header=False).encode()


def people_find(scope: Scope, *, kind: str, value: str, batches: list[int], limit: int = 200) -> list[tuple[int, str, int]]:
    """Who has exactly this value on the tapes ``batches``: (batch, about, position). Each is opened to make sure, and shut again."""
    scope.need("account.view")
    keys = load_keys(settings.PANHUO_VAULT_KEYS)
    wanted = spelling(kind, value)
    if not wanted:
        return []
    rows = scope.rows(Person).filter(**{f"{kind}_index": blind(keys, scope.organisation_id, kind, value)}, batch__in=batches)
    names = {number: name for name, number in ABOUT.items()}
    out = []
    for person in rows.order_by("batch", "token")[:limit]:
        values = unseal(keys, person.key_version, person.token, bytes(person.sealed))
        if any(held and spelling(kind, held) == wanted for name, held in values.items() if _KINDS.get(name) == kind):
            out.append((person.batch, names[person.about], person.token & 0xFFFFFFFF))
    return out


def people_reseal(*, limit: int) -> int:
    """Seal records of older key versions under the current one, at most ``limit``; how many. For rotation: repeat until 0."""
    keys = load_keys(settings.PANHUO_VAULT_KEYS)
    done = 0
    for person in Person.objects.exclude(key_version=keys.current).order_by("batch", "token")[:limit]:
        values = unseal(keys, person.key_version, person.token, bytes(person.sealed))
        from panhuo.apps.privacy.sealing import seal

        Person.objects.filter(batch=person.batch, token=person.token, key_version=person.key_version).update(
            sealed=seal(keys, person.token, values), key_version=keys.current
        )
        done += 1
    return done


@dataclass(frozen=True, slots=True)
class Party:
    """One party to an account as it may be shown to whoever sees the account: ``about`` as in ``ABOUT``; (field, mask) of what is known of him.

    ``shut``: the record does not open (the key of its version is not in the file, or the row was tampered with).
    """

    about: str
    shown: tuple[tuple[Field, str], ...]
    shut: bool = False


def parties_masked(scope: Scope, *, batch: int, position: int) -> list[Party]:
    """The parties to one account, masked. Nothing leaves here in the clear, so there is no purpose to ask for and no deed to note."""
    scope.need("account.view")
    keys = load_keys(settings.PANHUO_VAULT_KEYS)
    tokens = {token_of(batch, about, position): about for about in ABOUT}
    out = []
    for person in scope.rows(Person).filter(batch=batch, token__in=list(tokens)).order_by("token"):
        try:
            values = unseal(keys, person.key_version, person.token, bytes(person.sealed))
        except Sealed:
            out.append(Party(tokens[person.token], (), shut=True))
            continue
        out.append(Party(tokens[person.token], tuple(masked(values))))
    return out


def masked(values: Mapping[str, str]) -> Iterator[tuple[Field, str]]:
    """What of a record may be shown without a purpose: masks, and whole what names nobody (a contact's relation)."""
    for name, value in values.items():
        field = TAPE.get(name)
        if field is None or not value:
            continue
        yield field, pl.select(MASKS[field.personal](pl.lit(value))).item() if field.personal else value
