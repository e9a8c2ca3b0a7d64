"""One's own settings: password, second factor, sessions, tokens, delegations, language and look."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyotp
import segno
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from panhuo.apps.console.access import SIGNED_IN, needs
from panhuo.apps.console.notices import notice_add
from panhuo.apps.identity import services
from panhuo.apps.identity.finding import key_of, scope_of_request
from panhuo.apps.identity.models import ApiToken, Delegation, User
from panhuo.apps.identity.roles import ABILITIES, ROLES
from panhuo.apps.identity.sessions import digest, session_end, sessions_of
from panhuo.apps.identity.signing_in import secret_open, secret_seal
from panhuo.kernel.errors import PanhuoError
from panhuo.kernel.words import Words

_LENT = ("plan.approve", "plan.review")
_PENDING = "totp_pending"


@needs(SIGNED_IN)
@require_GET
def settings(request: HttpRequest) -> HttpResponse:
    """Everything of one's own on one page."""
    return _settings(request)


def _settings(request: HttpRequest, fault: PanhuoError | None = None) -> HttpResponse:
    """fault: what was wrong with a delegation, told above its form, which keeps what was typed."""
    scope = scope_of_request(request)
    user: User = request.user  # type: ignore[assignment]
    context: dict[str, Any] = {
        "me": user,
        "role": ROLES[user.role].words,
        "sessions": sessions_of(scope, scope.user_id),
        "this": digest(request.session.session_key or ""),
        "tokens": scope.rows(ApiToken).filter(user_id=scope.user_id, revoked_at__isnull=True, expires_at__gt=timezone.now()).order_by("-pk"),
        "abilities": [(name, words) for name, words in ABILITIES.items() if name in scope.abilities],
        "fresh": request.session.pop("fresh_token", None),
        "lendable": [(name, ABILITIES[name]) for name in _LENT if scope.may(name)],
        "colleagues": [
            one
            for one in scope.rows(User).filter(is_active=True).exclude(pk=scope.user_id).select_related("organisation").order_by("name")
            if services.NEEDED_TO_DECIDE in one.abilities
        ],
        "lent": [
            (ABILITIES[d.ability], d) for d in scope.rows(Delegation).filter(of_id=scope.user_id, ends_at__gt=timezone.now()).select_related("to")
        ],
    }
    typed = request.POST if fault else {}
    return render(request, "console/mine/settings.html", context | {"fault": fault, "typed": typed}, status=422 if fault else 200)


@needs(SIGNED_IN)
@require_POST
def password(request: HttpRequest) -> HttpResponse:
    scope = scope_of_request(request)
    if request.POST.get("new") != request.POST.get("again"):
        raise services.passwords_differ(request.user.get_username())
    services.password_change(scope, old=request.POST.get("old", ""), new=request.POST.get("new", ""), keep_session=request.session.session_key)
    # Django ties a session to the password's hash: this one goes on under the new one
    user = scope.rows(User).get(pk=scope.user_id)
    request.session["_auth_user_hash"] = user.get_session_auth_hash()
    notice_add(request, Words("密码已修改，其他会话已结束", "The password is changed; other sessions are ended"))
    return redirect("/settings")


@needs(SIGNED_IN)
@require_GET
def totp(request: HttpRequest) -> HttpResponse:
    """The secret of a new second factor, as a picture and in letters; it waits, sealed, in the session until its first code is typed."""
    user: User = request.user  # type: ignore[assignment]
    if _PENDING not in request.session:
        request.session[_PENDING] = secret_seal(user, services.totp_secret()).hex()
    secret = secret_open(user, bytes.fromhex(request.session[_PENDING]))
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name="Panhuo")
    picture = segno.make(uri, error="m").svg_data_uri(scale=5, border=4)
    return render(request, "console/mine/totp.html", {"picture": picture, "secret": " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))})


@needs(SIGNED_IN)
@require_POST
def totp_on(request: HttpRequest) -> HttpResponse:
    scope = scope_of_request(request)
    user: User = request.user  # type: ignore[assignment]
    if _PENDING not in request.session:
        return redirect("/settings/totp")
    services.totp_enrol(scope, secret=secret_open(user, bytes.fromhex(request.session[_PENDING])), code=request.POST.get("code", ""))
    del request.session[_PENDING]
    notice_add(request, Words("动态口令已开启", "The one-time password is on"))
    return redirect("/settings")


@needs(SIGNED_IN)
@require_POST
def totp_off(request: HttpRequest) -> HttpResponse:
    services.totp_remove(scope_of_request(request), password=request.POST.get("password", ""))
    notice_add(request, Words("动态口令已关闭", "The one-time password is off"), "warn")
    return redirect("/settings")


@needs(SIGNED_IN)
@require_POST
def session_stop(request: HttpRequest, sign_in_id: int) -> HttpResponse:
    scope = scope_of_request(request)
    if not session_end(scope, sign_in_id=sign_in_id, user_id=scope.user_id):
        raise Http404
    notice_add(request, Words("会话已结束", "The session is ended"))
    return redirect("/settings")


@needs(SIGNED_IN)
@require_POST
def token_new(request: HttpRequest) -> HttpResponse:
    """A new token, shown once on the page that follows."""
    days = request.POST.get("days", "")
    _, text = services.token_create(
        scope_of_request(request),
        name=request.POST.get("name", ""),
        abilities=request.POST.getlist("abilities"),
        days=int(days) if days.isdecimal() and len(days) < 5 else 0,
    )
    request.session["fresh_token"] = text
    return redirect("/settings#tokens")


@needs(SIGNED_IN)
@require_POST
def token_stop(request: HttpRequest, token_id: int) -> HttpResponse:
    if not services.token_end(scope_of_request(request), token_id):
        raise Http404
    notice_add(request, Words("令牌已撤销", "The token is revoked"))
    return redirect("/settings#tokens")


@needs(SIGNED_IN)
@require_POST
def delegate(request: HttpRequest) -> HttpResponse:
    """Lend an approval to a colleague until the end of a day."""
    scope = scope_of_request(request)
    to, until, ability = request.POST.get("to", ""), request.POST.get("until", ""), request.POST.get("ability", "")
    try:
        ends = timezone.make_aware(dt.datetime.combine(dt.date.fromisoformat(until), dt.time.max))
    except ValueError:
        ends = timezone.now()
    if ability not in _LENT:
        raise Http404
    try:
        services.delegation_create(scope, to=key_of(to) or 0, ability=ability, starts_at=timezone.now(), ends_at=ends)
    except services.IdentityInvalid as error:
        return _settings(request, error)
    notice_add(request, Words("已委托", "Lent"))
    return redirect("/settings#delegations")


@needs(SIGNED_IN)
@require_POST
def delegate_stop(request: HttpRequest, delegation_id: int) -> HttpResponse:
    """What was lent comes back at once."""
    if not services.delegation_end(scope_of_request(request), delegation_id):
        raise Http404
    notice_add(request, Words("委托已收回", "It is taken back"))
    return redirect("/settings#delegations")
