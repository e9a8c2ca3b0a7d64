"""The door: name and password, the limit on guessing, the one-time password.

Guessing is limited twice: by name (a name is locked for a while after some failures, whoever asks) and by address (many names from one
place). The answer is the same, and takes as long, whether the name exists or not. A password alone opens nothing for a user with a
one-time password: between the two steps the session holds only who is expected, for five minutes.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.http import HttpRequest
from django.utils import timezone

from panhuo.apps.identity.models import Attempt, User
from panhuo.apps.identity.scope import narrow
from panhuo.apps.identity.sessions import address_of
from panhuo.apps.identity.single_sign_on import single_sign_on
from panhuo.kernel.words import Words

LOCK_AFTER, LOCK_FOR = 5, timedelta(minutes=15)
ADDRESS_AFTER = 50
SECOND_STEP_WITHIN = timedelta(minutes=5)
STEP_SECONDS = 30

LOCKED = Words("失败次数过多，已暂时锁定，请 15 分钟后再试", "Too many failures: locked for a while; try again in 15 minutes")
WRONG = Words("用户名或密码不正确", "The name or the password is wrong")
WRONG_CODE = Words("动态口令不正确或已用过", "The one-time password is wrong or already used")


class PasswordBackend:
    """Django's way to the user of a session; signing in itself is :func:`password_check`."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        return None

    def get_user(self, user_id: int) -> User | None:
        return User.objects.select_related("organisation").filter(pk=user_id).first()


@dataclass(frozen=True, slots=True)
class Answer:
    """``user`` where the door opens; otherwise why not."""

    user: User | None = None
    refusal: Words | None = None


def password_check(request: HttpRequest, *, username: str, password: str) -> Answer:
    """Whether name and password fit, under the limit on guessing."""
    name = username.strip().lower()[:64]
    keys = [_key("name", name), _key("address", address_of(request) or "")]
    if _locked(keys):
        return Answer(refusal=LOCKED)
    narrow(None, signing_in=name)
    user = User.objects.select_related("organisation").filter(username=name).first() if name else None
    if user is None:
        make_password(password)  # as long as checking one
        fits = False
    else:
        fits = check_password(password, user.password) and user.is_active and user.organisation.active and user.role != "debtor"
        fits = fits and not (user.subject and single_sign_on())
    if not fits or user is None:
        attempt_note(keys)
        return Answer(refusal=WRONG)
    Attempt.objects.filter(who=keys[0]).delete()
    return Answer(user=user)


def code_check(user: User, code: str, *, now: datetime | None = None) -> bool:
    """Whether the one-time password fits (one step early or late is forgiven) and was not used before; then it is used up."""
    if user.totp_sealed is None:
        return False
    step = int((now or timezone.now()).timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret_open(user, bytes(user.totp_sealed)))
    for tried in (step, step - 1, step + 1):
        if tried > user.totp_last_step and hmac.compare_digest(totp.at(tried * STEP_SECONDS), code.strip().replace(" ", "")):
            return bool(User.objects.filter(pk=user.pk, totp_last_step__lt=tried).update(totp_last_step=tried))
    return False


def code_checked(request: HttpRequest, user: User, code: str) -> Words | None:
    """:func:`code_check` under the limit on guessing: None, or why not."""
    keys = [_key("code", str(user.pk))]
    if _locked(keys):
        return LOCKED
    if code_check(user, code):
        Attempt.objects.filter(who=keys[0]).delete()
        return None
    attempt_note(keys)
    return WRONG_CODE


def secret_seal(user: User, secret: str) -> bytes:
    """A user's secret under the key of this installation, bound to him."""
    nonce = os.urandom(12)
    return nonce + AESGCM(_sealing_key()).encrypt(nonce, secret.encode(), str(user.pk).encode())


def secret_open(user: User, sealed: bytes) -> str:
    """The secret. Raises InvalidTag where it was sealed under another key or for another user."""
    if len(sealed) < 28:
        raise InvalidTag
    return AESGCM(_sealing_key()).decrypt(sealed[:12], sealed[12:], str(user.pk).encode()).decode()


def _sealing_key() -> bytes:
    return hashlib.blake2b(settings.SECRET_KEY.encode(), person=b"panhuo-totp", digest_size=32).digest()


def attempt_note(keys: list[str]) -> None:
    now = timezone.now()
    Attempt.objects.bulk_create(Attempt(who=key, at=now) for key in keys)


def attempts_forget() -> int:
    return Attempt.objects.filter(at__lt=timezone.now() - timedelta(days=1)).delete()[0]


def _key(kind: str, value: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()


def _locked(keys: list[str]) -> bool:
    since = timezone.now() - LOCK_FOR
    limits = [LOCK_AFTER, ADDRESS_AFTER]
    return any(Attempt.objects.filter(who=key, at__gte=since).count() >= limit for key, limit in zip(keys, limits, strict=False))
