"""Django's handle on the department."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "panhuo.apps.privacy"
    label = "privacy"
