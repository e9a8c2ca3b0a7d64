"""The console's addresses."""

from __future__ import annotations

from django.urls import path

from panhuo.apps.console.views import design, door, health

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
]
