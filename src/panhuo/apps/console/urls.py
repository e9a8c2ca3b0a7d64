"""The console's addresses."""

from __future__ import annotations

from django.urls import path

from panhuo.apps.console.views import account, accounts, design, door, health, portfolio

urlpatterns = [
    path("sign-in", door.sign_in),
    path("sign-in/code", door.second_step),
    path("sign-out", door.sign_out),
    path("language", door.language),
    path("theme", door.theme),
    path("", door.home),
    path("design", design.design),
    path("design/drawer", design.drawer),
    path("design/progress", design.progress),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("portfolio", portfolio.portfolio),
    path("views/<str:page>", portfolio.save_view),
    path("views/<int:view_id>/remove", portfolio.remove_view),
    path("accounts", accounts.accounts),
    path("accounts/search", accounts.search),
    path("accounts/search.json", accounts.suggestions),
    path("accounts/export.xlsx", accounts.export),
    path("accounts/rules/<str:rule_id>", account.rule),
    path("accounts/<int:tape_id>/<int:position>", account.account),
]
