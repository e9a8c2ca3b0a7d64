"""The vault's tables. No other app's code reads them (a test of the house holds it)."""

from __future__ import annotations

from django.db import models

from panhuo.apps.identity.models import Organisation


class Person(models.Model):
    """What one tape says of one party to one account, sealed. ``token`` is what every other table knows him by.

    ``about`` is what he is (debtor, guarantor, contact, collateral for its address). The blind indexes find an exact value.
    The table is partitioned by ``batch`` (the import that wrote it), so that an import is attached, or removed, whole.
    """

    pk = models.CompositePrimaryKey("batch", "token")
    batch = models.BigIntegerField()
    token = models.BigIntegerField()
    organisation = models.ForeignKey(Organisation, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    about = models.SmallIntegerField()
    key_version = models.SmallIntegerField()
    sealed = models.BinaryField()
    name_index = models.BigIntegerField(null=True)
    id_no_index = models.BigIntegerField(null=True)
    phone_index = models.BigIntegerField(null=True)
    bank_card_index = models.BigIntegerField(null=True)

    class Meta:
        managed = False
        db_table = "privacy_person"
