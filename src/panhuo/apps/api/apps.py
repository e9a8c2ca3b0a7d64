"""Django's handle on the department."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "panhuo.apps.api"
    label = "api"
