"""Django's handle on the department."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "panhuo.apps.identity"
    label = "identity"
