"""Plans and the decisions they consist of; decisions have a partition a plan."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import models

from panhuo.apps.identity.models import Organisation, User


class Plan(models.Model):
    """A decision for every account of some tapes, under one policy. Draft, then submitted, reviewed for compliance, approved by a second person.

    ``policy`` is the whole policy file as used; ``limits`` what was set otherwise for this plan (name to amount, in the measure's own unit).
    In :attr:`folder` lie the figures it was decided by (``pipeline.planning.Kept``).
    """

    MAKING, DRAFT, SUBMITTED, REVIEWED, APPROVED, REFUSED, REPLACED, FAILED = (
        "making",
        "draft",
        "submitted",
        "reviewed",
        "approved",
        "refused",
        "replaced",
        "failed",
    )

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    state = models.CharField(max_length=10, default=MAKING)
    tapes = models.JSONField()  # ids, in the order of positions
    basis = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="variants")  # whose forecasts it was decided on
    policy_name = models.CharField(max_length=80)
    policy = models.TextField()
    policy_version = models.CharField(max_length=64, blank=True)
    limits = models.JSONField(default=dict)
    figures = models.JSONField(default=dict)
    as_of = models.DateField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state__in=["making", "draft", "submitted", "reviewed", "approved", "refused", "replaced", "failed"]),
                name="plan_state",
            ),
        )
        indexes = (models.Index(fields=["organisation", "-id"]),)

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> str:
        return f"plan:{self.pk}"

    @property
    def folder(self) -> Path:
        return Path(settings.PANHUO_FILES) / str(self.organisation_id) / "plans" / str(self.pk)


class Decision(models.Model):
    """What one plan says of one account."""

    pk = models.CompositePrimaryKey("plan", "tape_id", "position")
    plan = models.ForeignKey(Plan, on_delete=models.DO_NOTHING, related_name="decisions", db_constraint=False)
    tape_id = models.BigIntegerField()
    position = models.IntegerField()
    organisation = models.ForeignKey(Organisation, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    place = models.IntegerField()  # row in the plan's files
    route = models.TextField(null=True)
    cash_fen = models.BigIntegerField()
    cost_fen = models.BigIntegerField()
    net_value_fen = models.BigIntegerField()
    recovery_fen = models.BigIntegerField()  # of the assessment: under ordinary in-house work

    class Meta:
        managed = False
        db_table = "strategy_decision"
