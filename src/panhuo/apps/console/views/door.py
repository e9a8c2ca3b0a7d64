"""In and out: sign-in in one step or two, sign-out, the first page, the language and look of the pages."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from panhuo.apps.console.access import SIGNED_IN, needs, open_to_anyone
from panhuo.apps.console.menu import menu_of
from panhuo.apps.console.templatetags.parts import THEME_COOKIE
from panhuo.apps.identity.finding import scope_of_request
from panhuo.apps.identity.language import COOKIE
from panhuo.apps.identity.models import User
from panhuo.apps.identity.scope import narrow
from panhuo.apps.identity.services import preferences_set
from panhuo.apps.identity.sessions import session_end, session_start, sessions_of
from panhuo.apps.identity.signing_in import SECOND_STEP_WITHIN, code_checked, password_check
from panhuo.apps.identity.single_sign_on import SignOnFailed, sign_on_begin, sign_on_end, single_sign_on
from panhuo.kernel.words import Words

_EXPECTED, _GOAL = "second_step", "single_sign_on_goal"
_LOG = structlog.get_logger()


@open_to_anyone
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Name and password; those with a one-time password go on to the second step."""
    if getattr(request, "scope", None) is not None:
        return redirect(_next(request))
    refusal = None
    if request.method == "POST":
        answer = password_check(request, username=request.POST.get("username", ""), password=request.POST.get("password", ""))
        refusal = answer.refusal
        if answer.user is not None:
            return _first_step_done(request, answer.user, method="password", goal=_next(request))
    status = 200 if refusal is None else 401
    return _door(request, refusal, status)


@open_to_anyone
@never_cache
@require_safe
def single_sign_on_begin(request: HttpRequest) -> HttpResponse:
    """To the issuer, where there is one."""
    if not single_sign_on():
        raise Http404
    request.session[_GOAL] = _next(request)
    try:
        return sign_on_begin(request, request.build_absolute_uri("/sign-in/single/back"))
    except SignOnFailed as failed:
        return _kept_out(request, failed)


@open_to_anyone
@never_cache
@require_safe
def single_sign_on_end(request: HttpRequest) -> HttpResponse:
    """Back from the issuer: in, on to the one-time password where the seat has one, or told why not."""
    if not single_sign_on():
        raise Http404
    try:
        user = sign_on_end(request)
    except SignOnFailed as failed:
        return _kept_out(request, failed)
    return _first_step_done(request, user, method="oidc", goal=request.session.pop(_GOAL, "/"))


@open_to_anyone
@never_cache
@require_http_methods(["GET", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """The one-time password of whoever the first step left expected."""
    expected = request.session.get(_EXPECTED)
    if not expected or timezone.now().timestamp() > expected["until"]:
        request.session.pop(_EXPECTED, None)
        return redirect("/sign-in")
    refusal = None
    if request.method == "POST":
        narrow(None, user_id=expected["user"])
        user = User.objects.select_related("organisation").filter(pk=expected["user"], is_active=True).first()
        if user is None:
            return redirect("/sign-in")
        narrow(user.organisation_id, user_id=user.pk)
        refusal = code_checked(request, user, request.POST.get("code", ""))
        if refusal is None:
            goal = expected["next"]
            del request.session[_EXPECTED]
            session_start(request, user, method=f"{expected['method']}+totp")
            return redirect(goal)
        narrow(None)
    return render(request, "console/second_step.html", {"refusal": refusal}, status=200 if refusal is None else 401)


@needs(SIGNED_IN)
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    scope = scope_of_request(request)
    from panhuo.apps.identity.sessions import digest

    mine = sessions_of(scope, scope.user_id).filter(session_digest=digest(request.session.session_key or "")).first()
    if mine is not None:
        session_end(scope, sign_in_id=mine.pk, user_id=scope.user_id)
    logout(request)
    return redirect("/sign-in")


@needs(SIGNED_IN)
def home(request: HttpRequest) -> HttpResponse:
    """The first desk the user may enter."""
    desks = menu_of(scope_of_request(request), "/")
    return redirect(desks[0][0].path if desks else "/design")


@open_to_anyone
@never_cache
@require_safe
def session(request: HttpRequest) -> HttpResponse:
    """Whether the visitor is signed in, and the mark his forms have to carry: asked by the page before it sends a form."""
    inside = getattr(request, "scope", None) is not None
    return JsonResponse({"signed_in": inside} | ({"mark": get_token(request)} if inside else {}))


@needs(SIGNED_IN)
@require_safe
def signed_in(request: HttpRequest) -> HttpResponse:
    """Where a sign-in in a second window ends: nothing but the word to go back to the first."""
    return render(request, "console/signed_in.html")


@open_to_anyone
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """The language of the pages: kept for the browser, and for the user where one is signed in."""
    lang = "en" if request.POST.get("lang") == "en" else "zh"
    return _preferred(request, COOKIE, lang, {"language": lang})


@open_to_anyone
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark or as the system: kept likewise."""
    chosen = request.POST.get("theme", "")
    chosen = chosen if chosen in ("light", "dark") else "system"
    return _preferred(request, THEME_COOKIE, chosen, {"theme": chosen})


def _preferred(request: HttpRequest, cookie: str, value: str, preference: dict[str, str]) -> HttpResponse:
    scope = getattr(request, "scope", None)
    if scope is not None:
        preferences_set(scope, **preference)
    response = HttpResponse(status=204) if request.headers.get("HX-Request") else redirect(_next(request, default="/sign-in"))
    response.set_cookie(cookie, value, max_age=timedelta(days=365), samesite="Lax", httponly=True, secure=request.is_secure())
    return response


def _first_step_done(request: HttpRequest, user: User, *, method: str, goal: str) -> HttpResponse:
    if user.totp_sealed is not None:
        request.session.cycle_key()
        until = (timezone.now() + SECOND_STEP_WITHIN).timestamp()
        request.session[_EXPECTED] = {"user": user.pk, "until": until, "next": goal, "method": method}
        return redirect("/sign-in/code")
    session_start(request, user, method=method)
    return redirect(goal)


def _door(request: HttpRequest, refusal: Words | None, status: int) -> HttpResponse:
    context = {"refusal": refusal, "next": _next(request), "username": request.POST.get("username", ""), "single_sign_on": single_sign_on()}
    return render(request, "console/sign_in.html", context, status=status)


def _kept_out(request: HttpRequest, failed: SignOnFailed) -> HttpResponse:
    _LOG.warning("single sign-on failed", kind=failed.kind)
    return _door(request, failed.words, 401)


def _next(request: HttpRequest, default: str = "/") -> str:
    """Where to go on; only within this site, or another site could be reached through our door."""
    goal = request.POST.get("next") or request.GET.get("next") or default
    safe = url_has_allowed_host_and_scheme(goal, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return goal if safe and goal.startswith("/") else default
