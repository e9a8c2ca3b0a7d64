"""Tables of the department. ``Account`` has the columns of ``kernel.frames.ACCOUNT`` and is made by migration, a partition a tape."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import models

from panhuo.apps.identity.models import Organisation, User


class Tape(models.Model):
    """One cut-off of one portfolio, from the upload on. Versions of a portfolio share ``series``; the latest that was imported is current.

    What lies in :attr:`folder`: the sealed uploads, ``accounts-*.arrow`` (accepted rows, nothing that names a person), sealed rejects,
    ``findings.csv``, ``columns.arrow`` for sums over the portfolio, ``members.arrow`` and ``edges.arrow`` (who is who, by account number).
    """

    UPLOADED, IMPORTING, IMPORTED, FAILED = "uploaded", "importing", "imported", "failed"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    series = models.CharField(max_length=80)
    version = models.IntegerField(default=0)  # 1, 2, ... of its series, given when it is imported
    current = models.BooleanField(default=False)
    state = models.CharField(max_length=10, default=UPLOADED)
    files = models.JSONField(default=list)  # name, bytes, sha256 of each upload
    sheet = models.CharField(max_length=80, blank=True)
    layout_name = models.CharField(max_length=80, blank=True)
    layout = models.TextField(blank=True)  # YAML, as confirmed
    as_of = models.DateField(null=True)
    digest = models.CharField(max_length=64, blank=True)  # of files, layout and cut-off: the same tape is imported once
    rows = models.IntegerField(default=0)  # accepted
    balance_fen = models.BigIntegerField(default=0)
    figures = models.JSONField(default=dict)  # reconciliation, quality, notices, debtors: as in summary.json
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    imported_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organisation", "digest"], condition=models.Q(state="imported"), name="tape_once"),
            models.UniqueConstraint(fields=["organisation", "series", "version"], condition=models.Q(version__gt=0), name="tape_version"),
            models.UniqueConstraint(fields=["organisation", "series"], condition=models.Q(current=True), name="tape_current"),
            models.CheckConstraint(condition=models.Q(state__in=["uploaded", "importing", "imported", "failed"]), name="tape_state"),
        )
        indexes = (models.Index(fields=["organisation", "-id"]),)

    def __str__(self) -> str:
        return f"{self.series} v{self.version}"

    @property
    def folder(self) -> Path:
        return Path(settings.PANHUO_FILES) / str(self.organisation_id) / "tapes" / str(self.pk)

    @property
    def subject(self) -> str:
        return f"tape:{self.pk}"


class Account(models.Model):
    """One accepted row. ``position`` is its place on the tape, counted from 0 over all files; the vault's tokens are made of it."""

    pk = models.CompositePrimaryKey("tape", "position")
    tape = models.ForeignKey(Tape, on_delete=models.DO_NOTHING, related_name="accounts", db_constraint=False)
    position = models.IntegerField()
    organisation = models.ForeignKey(Organisation, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    account_id = models.TextField()
    debtor_id = models.TextField(null=True)
    name_shown = models.TextField(null=True)  # masks; the values are in the vault
    id_no_shown = models.TextField(null=True)
    phone_shown = models.TextField(null=True)
    product = models.TextField()
    bucket = models.TextField()
    five_class = models.TextField(null=True)
    province = models.TextField(null=True)
    balance_fen = models.BigIntegerField()
    overdue_days = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "intake_account"


class Match(models.Model):
    """A pair of accounts that may be one debtor's, as a person sees and decides it; nothing in it names anybody."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    tape = models.ForeignKey(Tape, on_delete=models.CASCADE, related_name="matches")
    left = models.TextField()  # account ids
    right = models.TextField()
    weight = models.FloatField(null=True)
    probability = models.FloatField(null=True)
    reason = models.CharField(max_length=24)
    shown = models.JSONField()  # masked values of both sides, and what agreed and differed
    decision = models.CharField(max_length=10, blank=True)  # same, different
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["tape", "left", "right"], name="match_once"),)
        indexes = (models.Index(fields=["tape", "decision", "-weight"]),)
