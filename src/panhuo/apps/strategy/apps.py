"""Django's handle on the department."""

from django.apps import AppConfig


class StrategyConfig(AppConfig):
    name = "panhuo.apps.strategy"
    label = "strategy"
