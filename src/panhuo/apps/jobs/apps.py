"""Django's handle on the department."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "panhuo.apps.jobs"
    label = "jobs"
