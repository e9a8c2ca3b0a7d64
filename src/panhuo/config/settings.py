"""Django's settings, all from :mod:`panhuo.config.environment`."""

from __future__ import annotations

from panhuo.config.database import database
from panhuo.config.environment import Environment
from panhuo.config.logs import logging_settings

ENVIRONMENT = Environment()
LOGGING_CONFIG = None
logging_settings(ENVIRONMENT.level())
PANHUO_DATA = ENVIRONMENT.data()
PANHUO_VAULT_KEYS = ENVIRONMENT.vault_keys()
PANHUO_FILES = PANHUO_DATA / "files"
_UPLOADING = PANHUO_DATA / "uploading"
for _folder in (PANHUO_FILES, _UPLOADING, PANHUO_DATA / "static"):
    _folder.mkdir(mode=0o700, parents=True, exist_ok=True)
PANHUO_UPLOAD_LIMIT = ENVIRONMENT.number("PANHUO_UPLOAD_LIMIT_MB", least=1, most=1_000_000) * 1_048_576
PANHUO_PROXY = ENVIRONMENT.flag("PANHUO_PROXY")
PANHUO_OIDC = {
    "issuer": ENVIRONMENT.issuer(),
    "client_id": ENVIRONMENT.text("PANHUO_OIDC_CLIENT_ID"),
    "client_secret": ENVIRONMENT.text("PANHUO_OIDC_CLIENT_SECRET"),
    "claim": ENVIRONMENT.text("PANHUO_OIDC_CLAIM"),
}

SECRET_KEY = ENVIRONMENT.secret_key()
DEBUG = False
ALLOWED_HOSTS = ENVIRONMENT.names("PANHUO_HOSTS")
_HTTPS = ENVIRONMENT.flag("PANHUO_HTTPS")

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "panhuo.apps.identity",
    "panhuo.apps.jobs",
    "panhuo.apps.privacy",
    "panhuo.apps.intake",
    "panhuo.apps.strategy",
    "panhuo.apps.api",
    "panhuo.apps.console",
]
MIDDLEWARE = [
    "panhuo.apps.console.middleware.TraceMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "panhuo.apps.console.middleware.PolicyMiddleware",
    "panhuo.apps.console.middleware.SizeMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "panhuo.apps.identity.middleware.ScopeMiddleware",
]
ROOT_URLCONF = "panhuo.config.urls"
WSGI_APPLICATION = "panhuo.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": ["django.template.context_processors.request", "panhuo.apps.console.context.page"],
            "builtins": ["django.templatetags.static", "panhuo.apps.console.templatetags.panhuo", "panhuo.apps.console.templatetags.parts"],
        },
    }
]

DATABASES = {"default": database(ENVIRONMENT)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"

AUTH_USER_MODEL = "identity.User"
AUTHENTICATION_BACKENDS = ["panhuo.apps.identity.signing_in.PasswordBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "/sign-in"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_NAME = "panhuo_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_NAME = "panhuo_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "panhuo.apps.console.errors.csrf_failed"
SECURE_SSL_REDIRECT = _HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PANHUO_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "zh-hans"
USE_I18N = True
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = PANHUO_DATA / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(PANHUO_FILES)}},
    "staticfiles": {"BACKEND": "panhuo.apps.console.statics.HashedStatics"},
}
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_TEMP_DIR = str(_UPLOADING)
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1_048_576
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
