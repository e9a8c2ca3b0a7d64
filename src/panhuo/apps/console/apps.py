"""Django's handle on the department."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "panhuo.apps.console"
    label = "console"
