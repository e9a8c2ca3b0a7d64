"""The console's addresses."""

from __future__ import annotations

from django.urls import path

from panhuo.apps.console.views import door

urlpatterns = [
    path("sign-in", door.sign_in),
    path("sign-in/code", door.second_step),
    path("sign-out", door.sign_out),
    path("language", door.language),
]
