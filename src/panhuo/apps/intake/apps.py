"""Django's handle on the department."""

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "panhuo.apps.intake"
    label = "intake"
