"""The console's addresses, a block a desk."""

from __future__ import annotations

from django.urls import path

import panhuo.apps.identity.finding  # noqa: F401 the kinds of number in addresses
from panhuo.apps.console.views import (
    account,
    accounts,
    design,
    door,
    health,
    jobs,
    mine,
    people,
    plan_deciding,
    plans,
    portfolio,
    reference,
    tape_describing,
    tape_findings,
    tape_matches,
    tape_pages,
    tape_rejects,
    tape_versions,
    tapes,
)

_DOOR = [
    path("", door.home),
    path("sign-in", door.sign_in),
    path("sign-in/code", door.second_step),
    path("sign-in/single", door.single_sign_on_begin),
    path("sign-in/single/back", door.single_sign_on_end),
    path("sign-out", door.sign_out),
    path("session", door.session),
    path("signed-in", door.signed_in),
    path("language", door.language),
    path("theme", door.theme),
]
_HEALTH = [path("healthz", health.healthz), path("readyz", health.readyz), path("metrics", health.metrics)]
_DESIGN = [path("design", design.design), path("design/drawer", design.drawer), path("design/progress", design.progress)]
_TAPES = [
    path("tapes", tapes.tapes),
    path("tapes/new", tapes.new),
    path("tapes/<key:tape_id>", tapes.tape),
    path("tapes/<key:tape_id>/discard", tapes.discard),
    path("tapes/<key:tape_id>/preview", tape_describing.preview),
    path("tapes/<key:tape_id>/import", tape_describing.take_in),
    path("tapes/<key:tape_id>/progress", tape_pages.progress),
    path("tapes/<key:tape_id>/quality", tape_pages.quality),
    path("tapes/<key:tape_id>/rejects", tape_rejects.rejects),
    path("tapes/<key:tape_id>/rejects/download", tape_rejects.download),
    path("tapes/<key:tape_id>/rejects/again", tape_rejects.again),
    path("tapes/<key:tape_id>/rejects/<place:number>", tape_rejects.reject),
    path("tapes/<key:tape_id>/findings", tape_findings.findings),
    path("tapes/<key:tape_id>/findings/download", tape_findings.download),
    path("tapes/<key:tape_id>/matches", tape_matches.matches),
    path("tapes/<key:tape_id>/matches/<key:match_id>", tape_matches.decide),
    path("tapes/<key:tape_id>/versions", tape_pages.versions),
    path("tapes/<key:tape_id>/compare", tape_pages.compare),
    path("tapes/<key:tape_id>/current", tape_versions.make_current),
    path("tapes/<key:tape_id>/withdraw", tape_versions.withdraw),
    path("tapes/<key:tape_id>/rename", tape_versions.rename),
    path("tapes/<key:tape_id>/comparing", tape_pages.comparing),
    path("tapes/<key:tape_id>/files", tape_pages.files),
]
_JOBS = [
    path("jobs", jobs.jobs),
    path("jobs/<key:job_id>", jobs.job),
    path("jobs/<key:job_id>/progress", jobs.progress),
    path("jobs/<key:job_id>/cancel", jobs.cancel),
    path("jobs/<key:job_id>/repeat", jobs.repeat),
]
_PORTFOLIO = [
    path("portfolio", portfolio.portfolio),
    path("views/<str:page>", portfolio.save_view),
    path("views/<key:view_id>/remove", portfolio.remove_view),
]
_ACCOUNTS = [
    path("accounts", accounts.accounts),
    path("accounts/search", accounts.search),
    path("accounts/search.json", accounts.suggestions),
    path("accounts/export.xlsx", accounts.export),
    path("accounts/rules/<str:rule_id>", account.rule),
    path("accounts/<key:tape_id>/<place:position>", account.account),
]
_PLANS = [
    path("plans", plans.plans),
    path("plans/new", plans.plan_new),
    path("plans/<key:plan_id>", plans.plan),
    path("plans/<key:plan_id>/progress", plans.plan_progress),
    path("plans/<key:plan_id>/try", plans.plan_try),
    path("plans/<key:plan_id>/submit", plan_deciding.plan_submit),
    path("plans/<key:plan_id>/withdraw", plan_deciding.plan_withdraw),
    path("plans/<key:plan_id>/review", plan_deciding.plan_review),
    path("plans/<key:plan_id>/approve", plan_deciding.plan_approve),
]
_PEOPLE = [
    path("users", people.users),
    path("users/<key:user_id>", people.user),
    path("users/<key:user_id>/password", people.user_password),
    path("users/<key:user_id>/sessions/<key:sign_in_id>/end", people.user_session_end),
    path("teams", people.team_save),
    path("organisations", people.organisations),
    path("organisations/<key:organisation_id>/active", people.organisation_activate),
]
_MINE = [
    path("settings", mine.settings),
    path("settings/password", mine.password),
    path("settings/totp", mine.totp),
    path("settings/totp/on", mine.totp_on),
    path("settings/totp/off", mine.totp_off),
    path("settings/sessions/<key:sign_in_id>/end", mine.session_stop),
    path("settings/tokens", mine.token_new),
    path("settings/tokens/<key:token_id>/end", mine.token_stop),
    path("settings/delegations", mine.delegate),
    path("settings/delegations/<key:delegation_id>/end", mine.delegate_stop),
]
_REFERENCE = [
    path("rules", reference.rules),
    path("rules/<str:rule_id>", reference.rule),
    path("policies", reference.policies),
    path("policies/layouts/<str:name>", reference.layout),
    path("record", reference.record),
]
urlpatterns = [*_DOOR, *_HEALTH, *_DESIGN, *_TAPES, *_JOBS, *_PORTFOLIO, *_ACCOUNTS, *_PLANS, *_PEOPLE, *_MINE, *_REFERENCE]
