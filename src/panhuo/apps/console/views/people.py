"""Users and teams of one's organisation; organisations, for the operator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from panhuo.apps.console.access import needs
from panhuo.apps.console.notices import notice_add
from panhuo.apps.console.tables import Column, State, Table
from panhuo.apps.identity import services
from panhuo.apps.identity.finding import key_of, one_of, scope_of_request
from panhuo.apps.identity.models import Organisation, Team, User
from panhuo.apps.identity.roles import KINDS, ROLES, SEES_THE_CONSOLE
from panhuo.apps.identity.scope import unfenced
from panhuo.apps.identity.sessions import session_end, sessions_of
from panhuo.apps.identity.single_sign_on import single_sign_on
from panhuo.kernel.errors import PanhuoError
from panhuo.kernel.words import Words

_OPEN = State(Words("启用", "open"), "good")
_YES, _NO = State(Words("可登录", "may sign in"), "good"), State(Words("已停用", "shut"), "bad")


@dataclass(frozen=True, slots=True)
class TypedTeam:
    """A team as its form has it. key: of the team that is changed; "" for a new one."""

    key: str = ""
    name: str = ""
    specialities: Sequence[str] = ()
    members: Sequence[int] = ()

    @property
    def form(self) -> str:
        return f"team-{self.key}" if self.key else "new-team"


@needs("users.manage")
@require_http_methods(["GET", "POST"])
def users(request: HttpRequest) -> HttpResponse:
    """The seats of the organisation; a new one is made below."""
    scope = scope_of_request(request)
    context: dict[str, Any] = {}
    if request.method == "POST":
        try:
            made = services.user_create(
                scope,
                username=request.POST.get("username", ""),
                name=request.POST.get("name", ""),
                role=request.POST.get("role", ""),
                password=request.POST.get("password", ""),
                administrator=request.POST.get("administrator") == "on",
            )
        except PanhuoError as error:
            context = {"fault": error, "typed": request.POST}
        else:
            notice_add(request, Words(f"已新建用户 {made.username}", f"User {made.username} is made"))
            return redirect(f"/users/{made.pk}")
    return _users_page(request, context)


def _users_page(request: HttpRequest, context: dict[str, Any], typed: TypedTeam | None = None) -> HttpResponse:
    """typed: a team as it was sent, where something is wrong with it."""
    scope = scope_of_request(request)
    rows = scope.rows(User).select_related("organisation").prefetch_related("teams").order_by("-is_active", "username")
    table = Table(
        "users",
        Words("用户", "Users"),
        (
            Column("username", Words("用户名", "User name"), "code"),
            Column("name", Words("姓名", "Name")),
            Column("role", Words("角色", "Role"), value=lambda user: ROLES[user.role].words),
            Column("teams", Words("团队", "Teams"), value=lambda user: _listed([team.name for team in user.teams.all()])),
            Column("admin", Words("管理员", "Administrator"), value=lambda user: Words("是", "yes") if user.administrator else ""),
            Column(
                "totp",
                Words("动态口令", "One-time password"),
                value=lambda user: Words("已开启", "on") if user.totp_sealed else Words("未开启", "off"),
            ),
            Column("state", Words("状态", "State"), "state", value=lambda user: _YES if user.is_active else _NO),
            Column("last_login", Words("最近登录", "Last sign-in"), "moment"),
        ),
        list(rows),
        href=lambda user: f"/users/{user.pk}",
    )
    teams = list(scope.rows(Team).prefetch_related("members").order_by("name"))
    known = [TypedTeam(str(team.pk), team.name, team.specialities, [member.pk for member in team.members.all()]) for team in teams]
    forms = [typed if typed is not None and one.key == typed.key else one for one in (TypedTeam(), *known)]
    kind = Organisation.objects.get(pk=scope.organisation_id).kind
    context |= {
        "table": table,
        "roles": [role for role in ROLES.values() if kind in role.kinds and role.name in SEES_THE_CONSOLE],
        "teams": teams,
        "team_forms": [(one.form, one) for one in forms],
        "typed_team": typed.form if typed is not None else "",
        "specialities": services.SPECIALITIES,
        "people": rows,
    }
    return render(request, "console/people/users.html", context, status=422 if "fault" in context else 200)


@needs("users.manage")
@require_http_methods(["GET", "POST"])
def user(request: HttpRequest, user_id: int) -> HttpResponse:
    """One seat: its role, whether it is open, its sessions."""
    scope = scope_of_request(request)
    found = one_of(scope, User, user_id, "organisation")
    fault: PanhuoError | None = None
    if request.method == "POST":
        try:
            services.user_change(
                scope,
                user_id,
                role=request.POST.get("role") if request.POST.get("role") != found.role else None,
                active=_flag(request.POST.get("active"), found.is_active),
                administrator=_flag(request.POST.get("administrator"), found.administrator),
                name=request.POST.get("name"),
                subject=request.POST.get("subject"),
            )
        except PanhuoError as error:
            fault = error
        else:
            notice_add(request, Words("已保存", "Saved"))
            return redirect(f"/users/{user_id}")
    context = {
        "fault": fault,
        "single_sign_on": single_sign_on(),
        "claim": settings.PANHUO_OIDC["claim"],
        "found": found,
        "role": ROLES[found.role].words,
        "roles": [role for role in ROLES.values() if found.organisation.kind in role.kinds],
        "sessions": sessions_of(scope, user_id),
        "fresh": request.session.pop("fresh_password", None) if request.session.get("fresh_password", {}).get("user") == user_id else None,
    }
    return render(request, "console/people/user.html", context, status=422 if fault else 200)


@needs("users.manage")
@require_POST
def user_password(request: HttpRequest, user_id: int) -> HttpResponse:
    """A new first password, shown once."""
    scope = scope_of_request(request)
    one_of(scope, User, user_id)
    request.session["fresh_password"] = {"user": user_id, "password": services.password_reset(scope, user_id)}
    return redirect(f"/users/{user_id}")


@needs("users.manage")
@require_POST
def user_session_end(request: HttpRequest, user_id: int, sign_in_id: int) -> HttpResponse:
    scope = scope_of_request(request)
    if not session_end(scope, sign_in_id=sign_in_id, user_id=user_id):
        raise Http404
    notice_add(request, Words("会话已结束", "The session is ended"))
    return redirect(f"/users/{user_id}")


@needs("users.manage")
@require_POST
def team_save(request: HttpRequest) -> HttpResponse:
    """A team made or changed; what is wrong with it is said in its form, which stays as it was typed."""
    scope = scope_of_request(request)
    number = request.POST.get("team", "")
    team = one_of(scope, Team, key_of(number) or 0) if number else None
    members = [key for n in request.POST.getlist("members") if (key := key_of(n)) is not None]
    typed = TypedTeam(str(team.pk) if team is not None else "", request.POST.get("name", ""), request.POST.getlist("specialities"), members)
    try:
        services.team_save(
            scope, name=typed.name, specialities=list(typed.specialities), member_ids=members, team_id=team.pk if team is not None else None
        )
    except PanhuoError as error:
        return _users_page(request, {"fault": error}, typed)
    notice_add(request, Words("团队已保存", "The team is saved"))
    return redirect("/users#teams")


@needs("organisations.manage")
@require_http_methods(["GET", "POST"])
def organisations(request: HttpRequest) -> HttpResponse:
    """All organisations; a new one with its first administrator is made below."""
    scope = scope_of_request(request)
    context: dict[str, Any] = {}
    if request.method == "POST":
        try:
            made = services.organisation_open(
                scope,
                kind=request.POST.get("kind", ""),
                name=request.POST.get("name", ""),
                username=request.POST.get("username", ""),
                role=request.POST.get("role", ""),
                password=request.POST.get("password", ""),
            )
        except PanhuoError as error:
            context = {"fault": error, "typed": request.POST}
        else:
            notice_add(request, Words(f"已新建机构 {made.name}", f"{made.name} is made"))
            return redirect("/organisations")
    with unfenced():
        rows = list(Organisation.objects.order_by("kind", "name"))
    context |= {
        "rows": [(row, KINDS[row.kind], _OPEN if row.active else _NO) for row in rows],
        "kinds": KINDS,
        "roles": [role for role in ROLES.values() if role.name in SEES_THE_CONSOLE],
        "own": scope.organisation_id,
    }
    return render(request, "console/people/organisations.html", context, status=422 if "fault" in context else 200)


@needs("organisations.manage")
@require_POST
def organisation_activate(request: HttpRequest, organisation_id: int) -> HttpResponse:
    scope = scope_of_request(request)
    services.organisation_activate(scope, organisation_id, active=request.POST.get("active") == "1")
    notice_add(request, Words("已保存", "Saved"))
    return redirect("/organisations")


def _listed(names: list[str]) -> Words:
    return Words("、".join(names), ", ".join(names))


def _flag(text: str | None, now: bool) -> bool | None:
    wanted = text == "on"
    return wanted if wanted != now else None
