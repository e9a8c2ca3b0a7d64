"""Every address of the installation."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("panhuo.apps.api.urls")), path("", include("panhuo.apps.console.urls"))]
handler400 = "panhuo.apps.console.errors.bad_request"
handler404 = "panhuo.apps.console.errors.not_found"
handler500 = "panhuo.apps.console.errors.broke"
