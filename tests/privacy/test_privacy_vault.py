"""What is sealed stays shut, opens only where it belongs, and is found by an exact value alone."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection, transaction

from panhuo.apps.identity.models import Organisation, User
from panhuo.apps.identity.scope import Scope, scope_of
from panhuo.apps.privacy.keys import keys_add, keys_create, load_keys
from panhuo.apps.privacy.models import Person
from panhuo.apps.privacy.sealing import Sealed, blind, seal, unseal
from panhuo.apps.privacy.vault import people_find, people_reseal, people_seal, token_of, vault_close, vault_open
from panhuo.kernel.errors import ConfigurationInvalid

VALUES = {"name": "欧阳静", "phone": "16300001234"}


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    path = tmp_path / "keys" / "vault.json"
    keys_create(path)
    return path


def test_sealing_is_aes_gcm_as_another_reader_opens_it(keys_file: Path) -> None:
    keys = load_keys(keys_file)
    sealed = seal(keys, 77, VALUES)
    plain = AESGCM(keys.sealing[1]).decrypt(sealed[:12], sealed[12:], (77).to_bytes(8, "big"))
    assert json.loads(plain) == VALUES
    assert unseal(keys, 1, 77, sealed) == VALUES
    assert seal(keys, 77, VALUES) != sealed  # a nonce of its own each time


def test_a_record_moved_or_touched_does_not_open(keys_file: Path) -> None:
    keys = load_keys(keys_file)
    sealed = seal(keys, 77, VALUES)
    for token, version, bytes_ in ((78, 1, sealed), (77, 2, sealed), (77, 1, sealed[:-1] + bytes([sealed[-1] ^ 1])), (77, 1, sealed[:20])):
        with pytest.raises(Sealed):
            unseal(keys, version, token, bytes_)


def test_the_blind_index_keeps_organisations_and_kinds_apart(keys_file: Path) -> None:
    keys = load_keys(keys_file)
    index = blind(keys, 1, "phone", "163 0000-1234")
    assert index == blind(keys, 1, "phone", "１６３00001234")
    assert index not in (blind(keys, 2, "phone", "16300001234"), blind(keys, 1, "id_no", "16300001234"), blind(keys, 1, "phone", "16300001235"))
    assert 0 <= index < 2**63


def test_a_key_file_others_may_read_is_refused(keys_file: Path) -> None:
    keys_file.chmod(0o644)
    with pytest.raises(ConfigurationInvalid, match="chmod 600"):
        load_keys(keys_file)


@pytest.mark.parametrize("text", ["", "{}", '{"current": 1, "keys": {"1": "c2hvcnQ="}, "index": "c2hvcnQ="}', "[1]"])
def test_a_broken_key_file_is_named(keys_file: Path, text: str) -> None:
    keys_file.write_text(text)
    with pytest.raises(ConfigurationInvalid) as refused:
        load_keys(keys_file)
    assert str(keys_file) in refused.value.where


def test_a_key_file_is_never_written_over(keys_file: Path) -> None:
    before = keys_file.read_bytes()
    assert not keys_create(keys_file)
    assert keys_file.read_bytes() == before


@pytest.fixture
def scope(db: None) -> Scope:
    organisation = Organisation.objects.create(kind="lender", name="甲银行")
    return scope_of(User.objects.create(organisation=organisation, username="ops", name="某", role="operations_manager"))


def put_people(scope: Scope, batch: int, people: pl.DataFrame) -> None:
    with transaction.atomic():
        vault_open(batch)
        people_seal(scope.organisation_id, batch=batch, about="debtor", people=people)
        vault_close(batch)


PEOPLE = pl.DataFrame(
    {
        "position": [0, 1, 2, 3],
        "name": ["欧阳静", '王"伟,', None, None],
        "phone": ["16300001234", None, "16300009999", None],
        "address": [None, "x\\N\n", None, None],
    }
)


def test_people_are_found_by_an_exact_value(scope: Scope) -> None:
    put_people(scope, 901, PEOPLE)
    assert people_find(scope, kind="phone", value="163-0000-1234", batches=[901]) == [(901, "debtor", 0)]
    assert people_find(scope, kind="name", value='王"伟,', batches=[901]) == [(901, "debtor", 1)]
    assert people_find(scope, kind="phone", value="1630000123", batches=[901]) == []
    assert people_find(scope, kind="phone", value="16300001234", batches=[902]) == []
    assert Person.objects.filter(batch=901).count() == 3  # nothing is kept of somebody of whom nothing is known


def test_a_chance_hit_of_the_index_is_told_apart(scope: Scope) -> None:
    put_people(scope, 903, PEOPLE)
    keys = load_keys(settings.PANHUO_VAULT_KEYS)
    other = blind(keys, scope.organisation_id, "phone", "16311112222")
    Person.objects.filter(batch=903, token=token_of(903, "debtor", 2)).update(phone_index=other)
    assert people_find(scope, kind="phone", value="16311112222", batches=[903]) == []


def test_nothing_of_a_person_lies_in_the_table_in_the_clear(scope: Scope) -> None:
    put_people(scope, 904, PEOPLE)
    with connection.cursor() as cursor:
        cursor.execute("select string_agg(p::text, ' '), string_agg(encode(sealed, 'escape'), ' ') from privacy_person p")
        text = " ".join(cursor.fetchone())
    for value in ("欧阳静", "16300001234", "16300009999"):
        assert value not in text
        assert value.encode().hex() not in text


def test_rotation_seals_every_record_anew(scope: Scope) -> None:
    put_people(scope, 905, PEOPLE)
    before = load_keys(settings.PANHUO_VAULT_KEYS).current
    version = keys_add(settings.PANHUO_VAULT_KEYS)
    assert version == before + 1
    put_people(scope, 906, PEOPLE)
    assert people_reseal(limit=2) == 2
    assert people_reseal(limit=100) == 1
    assert people_reseal(limit=100) == 0
    assert set(Person.objects.values_list("key_version", flat=True)) == {version}
    assert people_find(scope, kind="name", value="欧阳静", batches=[905, 906]) == [(905, "debtor", 0), (906, "debtor", 0)]
