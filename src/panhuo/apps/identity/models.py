"""Tables of the department. Services (``services.py``) write them, selectors read them."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower, Now

from panhuo.apps.identity.roles import KINDS, ROLES, abilities_of
from panhuo.kernel.words import Lang


class Organisation(models.Model):
    """A lender, agency, law firm, investor or the operator: the unit whose rows are kept apart."""

    kind = models.CharField(max_length=16, choices=[(k, w.en) for k, w in KINDS.items()])
    name = models.CharField(max_length=100, unique=True)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(kind__in=list(KINDS)), name="organisation_kind"),)

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Looks users up as they type their name: upper and lower case are one."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A seat. One role in one organisation; a person who works for two organisations has two seats."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="users")
    username = models.CharField(max_length=64)
    name = models.CharField(max_length=64)
    role = models.CharField(max_length=24, choices=[(r.name, r.words.en) for r in ROLES.values()])
    administrator = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=2, default="zh", choices=[("zh", "中文"), ("en", "English")])
    theme = models.CharField(max_length=8, default="system", choices=[(t, t) for t in ("system", "light", "dark")])
    totp_sealed = models.BinaryField(null=True)  # the one-time-password secret, sealed under the session key
    totp_last_step = models.BigIntegerField(default=0)  # a code is good once
    subject = models.CharField(max_length=255, blank=True)  # at the single sign-on
    must_change_password = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    objects = UserManager()
    USERNAME_FIELD = "username"

    class Meta:
        constraints = (
            models.UniqueConstraint(Lower("username"), name="user_username"),
            models.UniqueConstraint(fields=["subject"], condition=~models.Q(subject=""), name="user_subject"),
            models.CheckConstraint(condition=models.Q(role__in=list(ROLES)), name="user_role"),
        )

    def __str__(self) -> str:
        return self.username

    @property
    def abilities(self) -> frozenset[str]:
        return abilities_of(self.role, administrator=self.administrator, kind=self.organisation.kind)

    @property
    def lang(self) -> Lang:
        return "en" if self.language == "en" else "zh"


class Team(models.Model):
    """People of one organisation who work together, with what they are good at."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="teams")
    name = models.CharField(max_length=64)
    specialities = models.JSONField(default=list, blank=True)  # words of specialities.SPECIALITIES
    members = models.ManyToManyField(User, through="Membership", related_name="teams")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["organisation", "name"], name="team_name"),)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A seat in a team."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.CASCADE)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    leads = models.BooleanField(default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["team", "user"], name="membership_once"),)


class Delegation(models.Model):
    """For a while one user may decide approvals in another's stead. Never one's own request: see ``approving``."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    of = models.ForeignKey(User, on_delete=models.CASCADE, related_name="delegations_given")
    to = models.ForeignKey(User, on_delete=models.CASCADE, related_name="delegations_held")
    ability = models.CharField(max_length=32)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="delegation_period"),
            models.CheckConstraint(condition=~models.Q(of=models.F("to")), name="delegation_two"),
        )


class Approval(models.Model):
    """A thing that needs a second person. ``subject`` is ``kind:id`` of the thing; one request at a time may be open for it.

    The database itself refuses a decision by the one who asked (``approval_two_people``).
    """

    OPEN, APPROVED, REFUSED, WITHDRAWN = "open", "approved", "refused", "withdrawn"

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    subject = models.CharField(max_length=64)
    ability = models.CharField(max_length=32)  # what the second person must be able to do
    state = models.CharField(max_length=10, default=OPEN)
    digest = models.CharField(max_length=64)  # of what is approved: it must be the same when it takes effect
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    request_note = models.TextField(blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    in_stead_of = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_note = models.TextField(blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["subject", "ability"], condition=models.Q(state="open"), name="approval_one_open"),
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True) | models.Q(state="withdrawn") | ~models.Q(decided_by=models.F("requested_by")),
                name="approval_two_people",
            ),
            models.CheckConstraint(condition=models.Q(state__in=["open", "approved", "refused", "withdrawn"]), name="approval_state"),
        )
        indexes = (models.Index(fields=["organisation", "state"]),)


class SignIn(models.Model):
    """A session of a user, as he may see and revoke it. The session's own key is kept only as a digest."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    session_digest = models.CharField(max_length=64, unique=True)
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, blank=True)
    method = models.CharField(max_length=16)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["user", "ended_at"]),)


class Attempt(models.Model):
    """A failed sign-in, by name and by address, for the limit on guessing. Names are kept as digests: people type passwords there."""

    who = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["who", "at"]),)


class ApiToken(models.Model):
    """A personal token of the API: a part of its owner's abilities, until a day, revocable. Kept as a digest."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)
    start = models.CharField(max_length=12)  # first characters, to tell one token from another
    abilities = models.JSONField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)


class Deed(models.Model):
    """What was done, by whom, to what: the record that auditors read. Rows are only ever added (a trigger holds it)."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    verb = models.CharField(max_length=48)
    subject = models.CharField(max_length=64, blank=True)
    details = models.JSONField(default=dict)  # figures and codes; never a value of a row
    trace_id = models.CharField(max_length=32, blank=True)

    class Meta:
        indexes = (models.Index(fields=["organisation", "-id"]), models.Index(fields=["subject"]))


class SavedView(models.Model):
    """A way of looking at a page that a user keeps under a name: the filters and the order of its address. ``query`` holds no value of a person."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="views")
    page = models.CharField(max_length=32)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "page", "name"], name="view_name"),)

    def __str__(self) -> str:
        return self.name
