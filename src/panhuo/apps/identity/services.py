"""Organisations, users, teams, delegations, tokens: made, changed, ended. Each is one transaction with its deed."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

import pyotp
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from panhuo.apps.identity.deeds import deed_add
from panhuo.apps.identity.models import ApiToken, Delegation, Membership, Organisation, Team, User
from panhuo.apps.identity.roles import ABILITIES, KINDS, ROLES
from panhuo.apps.identity.scope import Scope, unfenced
from panhuo.apps.identity.sessions import digest, sessions_end
from panhuo.apps.identity.signing_in import code_check, secret_seal
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Words

TOKEN_START = "phk_"  # noqa: S105 how tokens begin, so that they are known for what they are
SPECIALITIES: dict[str, Words] = {
    "early_stage": Words("早期催收", "early-stage collection"),
    "late_stage": Words("晚期催收", "late-stage collection"),
    "hardship": Words("困难客户与协商", "hardship and negotiation"),
    "mediation": Words("调解", "mediation"),
    "litigation": Words("诉讼与执行", "litigation and enforcement"),
    "corporate": Words("对公不良", "corporate loans"),
    "collateral": Words("抵押物处置", "collateral disposal"),
    "packages": Words("组包与转让", "packages and transfer"),
    "quality": Words("质检与投诉", "quality and complaints"),
}


NEEDED_TO_DECIDE = "plan.view"
"""Who cannot see what is to be decided cannot decide it for another."""


class IdentityInvalid(UsageInvalid):
    """What was asked for cannot be: a name taken, a role the organisation does not have, a weak password."""


def organisation_create(scope: Scope, *, kind: str, name: str) -> Organisation:
    """A new organisation, by the operator. Raises IdentityInvalid, NotAllowed."""
    scope.need("organisations.manage")
    if kind not in KINDS or not name.strip():
        raise _invalid(
            "ORGANISATION_WRONG", "机构类型或名称不对", "the kind or the name is wrong", name, "填写名称并选择类型", "give a name and choose a kind"
        )
    with unfenced(), _named_once(name), transaction.atomic():
        made = Organisation.objects.create(kind=kind, name=name.strip()[:100])
        deed_add(scope, "organisation.create", f"organisation:{made.pk}", kind=kind)
        return made


def organisation_open(scope: Scope, *, kind: str, name: str, username: str, role: str, password: str) -> Organisation:
    """A new organisation with its first administrator: both or neither. Raises IdentityInvalid, NotAllowed."""
    with transaction.atomic():
        made = organisation_create(scope, kind=kind, name=name)
        user_create(scope, username=username, name="", role=role, password=password, administrator=True, organisation_id=made.pk)
    return made


def organisation_activate(scope: Scope, organisation_id: int, *, active: bool) -> None:
    """Open or shut an organisation: nobody of a shut one signs in. The operator's own stays open."""
    scope.need("organisations.manage")
    if organisation_id == scope.organisation_id:
        raise _invalid(
            "ORGANISATION_OWN", "不能停用自己的机构", "one's own organisation stays open", str(organisation_id), "请运营方处理", "ask the operator"
        )
    with unfenced(), transaction.atomic():
        Organisation.objects.filter(pk=organisation_id).update(active=active)
        deed_add(scope, "organisation.open" if active else "organisation.shut", f"organisation:{organisation_id}")


def user_create(
    scope: Scope, *, username: str, name: str, role: str, password: str, administrator: bool = False, organisation_id: int | None = None
) -> User:
    """A new seat in one's own organisation; the operator may make the first of another. Raises IdentityInvalid, NotAllowed."""
    scope.need("users.manage")
    if organisation_id not in (None, scope.organisation_id):
        scope.need("organisations.manage")
        with unfenced():
            return _user_create(scope, Organisation.objects.get(pk=organisation_id), username, name, role, password, administrator)
    return _user_create(scope, Organisation.objects.get(pk=scope.organisation_id), username, name, role, password, administrator)


def _user_create(scope: Scope, organisation: Organisation, username: str, name: str, role: str, password: str, administrator: bool) -> User:
    login = username.strip().lower()
    if not 2 <= len(login) <= 64 or not all(c.isalnum() or c in "._-@" for c in login):
        raise _invalid(
            "USERNAME_WRONG",
            "用户名须为 2–64 个字母、数字或 . _ - @",
            "a user name has 2-64 letters, digits or . _ - @",
            username,
            "换一个用户名",
            "choose another",
        )
    _check_role(organisation, role)
    user = User(
        organisation=organisation, username=login, name=name.strip()[:64] or login, role=role, administrator=administrator, must_change_password=True
    )
    _check_password(user, password)
    user.set_password(password)
    with _named_once(login), transaction.atomic():
        user.save(force_insert=True)
        deed_add(scope, "user.create", f"user:{user.pk}", role=role, administrator=administrator)
    return user


def user_change(
    scope: Scope,
    user_id: int,
    *,
    role: str | None = None,
    active: bool | None = None,
    administrator: bool | None = None,
    name: str | None = None,
    subject: str | None = None,
) -> User:
    """Change a seat. Who is shut out, or given less, is signed out at once. Nobody takes his own administration away. ``subject``: who comes in by the
    single sign-on; "" for nobody. Raises IdentityInvalid."""
    scope.need("users.manage")
    with _named_once(subject or ""), transaction.atomic():
        user = scope.rows(User).select_for_update(of=("self",)).select_related("organisation").get(pk=user_id)
        if user.pk == scope.user_id and (active is False or administrator is False):
            raise _invalid(
                "USER_SELF",
                "不能停用自己或取消自己的管理权限",
                "nobody shuts himself out",
                user.username,
                "请另一位管理员处理",
                "ask another administrator",
            )
        if role is not None:
            _check_role(user.organisation, role)
            user.role = role
        user.is_active = user.is_active if active is None else active
        user.administrator = user.administrator if administrator is None else administrator
        user.name = user.name if name is None else name.strip()[:64] or user.name
        moved = subject is not None and subject.strip()[:255] != user.subject
        user.subject = user.subject if subject is None else subject.strip()[:255]
        user.save()
        deed_add(scope, "user.change", f"user:{user.pk}", role=role, active=active, administrator=administrator, single_sign_on=moved)
        if role is not None or active is False or administrator is False or moved:
            sessions_end(scope, user_id=user.pk)
            tokens_end(scope, user_id=user.pk)
    return user


def password_change(scope: Scope, *, old: str, new: str, keep_session: str | None = None) -> None:
    """Change one's own password; all other sessions end. Raises IdentityInvalid."""
    with transaction.atomic():
        user = scope.rows(User).select_for_update(of=("self",)).get(pk=scope.user_id)
        if not user.check_password(old):
            raise _invalid("PASSWORD_OLD", "原密码不正确", "the present password is wrong", user.username, "重新输入", "type it again")
        _check_password(user, new)
        if old == new:
            raise _invalid(
                "PASSWORD_SAME", "新密码与原密码相同", "the new password is the present one", user.username, "换一个新密码", "choose another"
            )
        user.set_password(new)
        user.must_change_password = False
        user.save(update_fields=["password", "must_change_password"])
        deed_add(scope, "password.change", f"user:{user.pk}")
        sessions_end(scope, user_id=user.pk, but=keep_session)


def passwords_differ(username: str) -> IdentityInvalid:
    return _invalid("PASSWORDS_DIFFER", "两次输入的新密码不同", "the two new passwords differ", username, "重新输入", "type them again")


def password_reset(scope: Scope, user_id: int) -> str:
    """A new first password for a user of one's organisation, told once; he changes it at his next sign-in, and his second factor starts anew."""
    scope.need("users.manage")
    fresh = secrets.token_urlsafe(12)
    with transaction.atomic():
        user = scope.rows(User).select_for_update(of=("self",)).get(pk=user_id)
        user.set_password(fresh)
        user.must_change_password, user.totp_sealed = True, None
        user.save(update_fields=["password", "must_change_password", "totp_sealed"])
        deed_add(scope, "password.reset", f"user:{user.pk}")
        sessions_end(scope, user_id=user.pk)
        tokens_end(scope, user_id=user.pk)
    return fresh


def preferences_set(scope: Scope, *, language: str | None = None, theme: str | None = None) -> None:
    """One's own language and theme; what is neither is left as it was."""
    changes: dict[str, Any] = {}
    if language in ("zh", "en"):
        changes["language"] = language
    if theme in ("system", "light", "dark"):
        changes["theme"] = theme
    if changes:
        scope.rows(User).filter(pk=scope.user_id).update(**changes)


def totp_secret() -> str:
    return pyotp.random_base32()


def totp_enrol(scope: Scope, *, secret: str, code: str) -> None:
    """Switch on the one-time password, once its owner has shown that his device knows it. Raises IdentityInvalid."""
    with transaction.atomic():
        user = scope.rows(User).select_for_update(of=("self",)).get(pk=scope.user_id)
        user.totp_sealed, user.totp_last_step = secret_seal(user, secret), 0
        user.save(update_fields=["totp_sealed", "totp_last_step"])
        if not code_check(user, code):
            raise _invalid(
                "TOTP_WRONG",
                "动态口令不正确",
                "the one-time password is wrong",
                user.username,
                "检查手机时间后重试",
                "check the device's clock and try again",
            )
        deed_add(scope, "totp.on", f"user:{user.pk}")


def totp_remove(scope: Scope, *, password: str) -> None:
    """Switch it off, with one's password. Raises IdentityInvalid."""
    with transaction.atomic():
        user = scope.rows(User).select_for_update(of=("self",)).get(pk=scope.user_id)
        if not user.check_password(password):
            raise _invalid("PASSWORD_OLD", "密码不正确", "the password is wrong", user.username, "重新输入", "type it again")
        user.totp_sealed = None
        user.save(update_fields=["totp_sealed"])
        deed_add(scope, "totp.off", f"user:{user.pk}")


def team_save(scope: Scope, *, name: str, specialities: list[str], member_ids: list[int], team_id: int | None = None) -> Team:
    """Make or change a team; members of other organisations are passed over. Raises IdentityInvalid."""
    scope.need("users.manage")
    if not name.strip() or not set(specialities) <= set(SPECIALITIES):
        raise _invalid(
            "TEAM_WRONG",
            "团队名称或专长不对",
            "the team's name or a speciality is wrong",
            name,
            "填写名称并从列表选择专长",
            "give a name, choose from the list",
        )
    with _named_once(name), transaction.atomic():
        team = scope.rows(Team).get(pk=team_id) if team_id else Team(organisation_id=scope.organisation_id)
        team.name, team.specialities = name.strip()[:64], sorted(specialities)
        team.save()
        scope.rows(Membership).filter(team=team).exclude(user_id__in=member_ids).delete()
        for user in scope.rows(User).filter(pk__in=member_ids):
            Membership.objects.get_or_create(team=team, user=user, defaults={"organisation_id": scope.organisation_id})
        deed_add(scope, "team.save", f"team:{team.pk}", members=len(member_ids))
    return team


def delegation_create(scope: Scope, *, to: int, ability: str, starts_at: dt.datetime, ends_at: dt.datetime) -> Delegation:
    """Lend a decision of one's own to a colleague for a while. Raises IdentityInvalid, NotAllowed."""
    scope.need(ability)
    receiver = scope.rows(User).filter(pk=to, is_active=True).first()
    if receiver is None or receiver.pk == scope.user_id or not dt.timedelta() < ends_at - starts_at <= dt.timedelta(days=92):
        raise _invalid(
            "DELEGATION_WRONG",
            "受托人或期限不对",
            "the delegate or the period is wrong",
            "",
            "选择同事，期限不超过 92 天",
            "choose a colleague and at most 92 days",
        )
    if NEEDED_TO_DECIDE not in receiver.abilities:
        raise _invalid(
            "DELEGATION_USELESS",
            f"{receiver.name} 看不到处置方案，无法代为决定",
            f"{receiver.name} cannot see plans and could not decide",
            ability,
            "选择能查看处置方案的同事",
            "choose a colleague who sees plans",
        )
    with transaction.atomic():
        made = Delegation.objects.create(
            organisation_id=scope.organisation_id, of_id=scope.user_id, to=receiver, ability=ability, starts_at=starts_at, ends_at=ends_at
        )
        deed_add(scope, "delegation.create", f"user:{receiver.pk}", ability=ability)
    return made


def delegation_end(scope: Scope, delegation_id: int) -> bool:
    """Take back what one has lent, from now on; true if there was something to take back."""
    now = timezone.now()
    with transaction.atomic():
        lent = scope.rows(Delegation).filter(pk=delegation_id, of_id=scope.user_id, ends_at__gt=now).select_for_update().first()
        if lent is None:
            return False
        lent.ends_at = max(now, lent.starts_at + dt.timedelta(microseconds=1))
        lent.save(update_fields=["ends_at"])
        deed_add(scope, "delegation.end", f"user:{lent.to_id}", ability=lent.ability)
    return True


def token_create(scope: Scope, *, name: str, abilities: list[str], days: int) -> tuple[ApiToken, str]:
    """A personal token with a part of one's abilities; the token itself is told once. Raises IdentityInvalid."""
    chosen = [ability for ability in ABILITIES if ability in set(abilities)]
    if not name.strip() or not chosen or not set(chosen) <= scope.abilities or not 1 <= days <= 365:
        raise _invalid(
            "TOKEN_WRONG",
            "令牌的名称、权限或有效期不对",
            "the token's name, abilities or days are wrong",
            name,
            "填写名称，选择自己拥有的权限，1–365 天",
            "give a name, abilities of your own and 1-365 days",
        )
    text = TOKEN_START + secrets.token_urlsafe(32)
    now = timezone.now()
    with transaction.atomic():
        made = ApiToken.objects.create(
            organisation_id=scope.organisation_id,
            user_id=scope.user_id,
            name=name.strip()[:64],
            digest=digest(text),
            start=text[:10],
            abilities=chosen,
            created_at=now,
            expires_at=now + dt.timedelta(days=days),
        )
        deed_add(scope, "token.create", f"token:{made.pk}", abilities=chosen)
    return made, text


def token_end(scope: Scope, token_id: int) -> bool:
    """Revoke one's own token; true if there was one to revoke."""
    ended = scope.rows(ApiToken).filter(pk=token_id, user_id=scope.user_id, revoked_at__isnull=True).update(revoked_at=timezone.now())
    if ended:
        deed_add(scope, "token.revoke", f"token:{token_id}")
    return bool(ended)


def tokens_end(scope: Scope, *, user_id: int) -> int:
    return scope.rows(ApiToken).filter(user_id=user_id, revoked_at__isnull=True).update(revoked_at=timezone.now())


def _check_role(organisation: Organisation, role: str) -> None:
    if role not in ROLES or organisation.kind not in ROLES[role].kinds:
        raise _invalid(
            "ROLE_WRONG", "这类机构没有这个角色", "organisations of this kind have no such role", role, "从列表中选择", "choose from the list"
        )


def _check_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise _invalid(
            "PASSWORD_WEAK",
            "密码太弱：至少 10 位，不能是常见密码或与用户名相近",
            "the password is too weak: 10 characters or more, not a common one, not like the user name",
            user.username,
            "换一个更长的密码",
            "choose a longer one",
        ) from error


class _named_once:  # noqa: N801 reads as a clause of `with`
    """Turns the database's refusal of a second row of one name into words."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, IntegrityError):
            raise _invalid("NAME_TAKEN", "名称已被使用", "the name is taken", self.name, "换一个名称", "choose another") from error


def _invalid(code: str, zh: str, en: str, where: str, remedy_zh: str, remedy_en: str) -> IdentityInvalid:
    return IdentityInvalid(code, Words(zh, en), where=where, remedy=Words(remedy_zh, remedy_en))
