"""Passwords in tests: hashed as they are in earnest, at the least cost."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    """At full cost each seat and each sign-in takes a quarter of a second of computing and shows nothing more; the door's own tests open it once so."""

    time_cost, memory_cost, parallelism = 1, 8, 1
