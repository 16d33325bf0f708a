"""Settings of the connector. Everything that differs between installations comes from the environment."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from connector import env

BASE_DIR = Path(__file__).resolve().parent.parent

# --- The installation -------------------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.text("SECRET_KEY")
PUBLIC_URL = env.url("PUBLIC_URL", "http://localhost:8000")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", urlsplit(PUBLIC_URL).hostname or "localhost")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE = PUBLIC_URL.startswith("https://")

INSTALLED_APPS = [
    "connector.tenancy",
    "integrations",
    "invoices",
    "payments",
    "connector",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "axes",
    "csp",
    "bootstrap",
    "django_htmx",
    "drf_spectacular",
    "heroicons",
    "rest_framework",
    "template_partials",
]

MIDDLEWARE = [
    # First: whatever answers, it has an id and a line.
    "connector.request_log.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # What a page's size could tell of a secret in it (BREACH) is drowned twice: Django pads each answer by chance and masks
    # the CSRF token anew each time; other secrets are shown once. Static files are compressed when they are collected.
    "django.middleware.gzip.GZipMiddleware",
    "connector.middleware.SecurityHeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # After who it is: people have a language of their own.
    "connector.languages.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    # Last: it calls the view inside the organization's transaction.
    "connector.tenancy.middleware.TenantMiddleware",
]

ROOT_URLCONF = "connector.urls"
WSGI_APPLICATION = "connector.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "connector.tenancy.context.tenancy",
            ],
        },
    },
]

# Ours go before Django's (templates/django/forms).
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Database ---------------------------------------------------------------------------------------------------
DATABASES = {
    "default": dj_database_url.parse(
        env.url("DATABASE_URL", schemes=("postgres", "postgresql")),
        conn_max_age=60,
        conn_health_checks=True,
    ),
}
# A host that is gone must not hold up whoever asks, least of all the load balancer.
# A dead line is noticed on both sides within half a minute, and a host that sleeps in a transaction does not keep its locks.
# PgBouncer refuses `options` unless it is told to ignore them; then they are set at the role (docs/operations.md).
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 5,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "options": "-c idle_in_transaction_session_timeout=60s -c tcp_keepalives_idle=15"
    " -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3",
    **DATABASES["default"].get("OPTIONS", {}),
}
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured(
        "DATABASE_URL must name a PostgreSQL database: row-level security is part of the design."
    )

# --- People -----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "tenancy.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign_in"
PASSWORD_RESET_TIMEOUT = 60 * 60
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
# The sign-in form's own name for it; axes would guess the user model's.
AXES_USERNAME_FORM_FIELD = "username"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "tenancy/locked_out.html"
AXES_VERBOSE = False

# --- Web security -----------------------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
# Lax, not Strict: Exact sends the browser back to us by a link from another site.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = SECURE
# Asked from inside, by address and without TLS.
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("BEHIND_PROXY", default=False) else None
)
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap draws its arrows as data: images in its style sheet
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
# Invoices come with their files in base64 (integrations/psa/files.py says how large those may be).
API_PUSH_MAX_BODY_SIZE = 24 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- Language and time ------------------------------------------------------------------------------------------
# What is written in the background, and what programs read by the API, is in the first language.
LANGUAGE_CODE = "en"
# Each by its own name: who looks for their language does not read the others.
LANGUAGES = [("en", "English"), ("nl", "Nederlands"), ("de", "Deutsch"), ("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "connector.formats"
TIME_ZONE = "Europe/Amsterdam"
USE_TZ = True
USE_I18N = True

# --- Files ------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG

# --- E-mail -----------------------------------------------------------------------------------------------------
EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=False)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "connector@localhost")

# --- Exact Online -----------------------------------------------------------------------------------------------
EXACT_BASE_URL = env.url("EXACT_BASE_URL", "")  # overrides the country hosts; for the sandbox
EXACT_ALLOW_ANY_HOST = env.flag("EXACT_ALLOW_ANY_HOST", default=False)
EXACT_CLIENT_ID = env.text("EXACT_CLIENT_ID", "")
EXACT_CLIENT_SECRET = env.text("EXACT_CLIENT_SECRET", "")
EXACT_REDIRECT_URI = env.url("EXACT_REDIRECT_URI", f"{PUBLIC_URL}/exact/callback")
# Where an entry opens in Exact's own screens. Exact documents no such address.
EXACT_ENTRY_URL = env.url_template(
    "EXACT_ENTRY_URL",
    fields=("exact", "division", "entry_id", "entry_number", "journal"),
    start="exact",
)
EXACT_COUNTRIES = env.words("EXACT_COUNTRIES", "BE,NL,DE")
# Of the app's webhooks; two while a new one takes over. Without any there are no webhooks.
EXACT_WEBHOOK_SECRETS = env.words("EXACT_WEBHOOK_SECRETS")
if len(EXACT_WEBHOOK_SECRETS) > 2:
    raise ImproperlyConfigured(
        "EXACT_WEBHOOK_SECRETS takes two secrets at most: the new one and the one before."
    )
if EXACT_BASE_URL and not DEBUG and not EXACT_ALLOW_ANY_HOST:
    raise ImproperlyConfigured(
        "EXACT_BASE_URL replaces Exact's own hosts. Set EXACT_ALLOW_ANY_HOST=1 as well when that is meant, or remove it."
    )
ENCRYPTION_KEYS = env.encryption_keys("ENCRYPTION_KEYS")

# How long a send whose answer was lost may still turn up in Exact before "not there" counts. With our own entry
# number Exact itself refuses a second one, so a short wait is enough.
COPY_SETTLE_SECONDS = env.integer("COPY_SETTLE_SECONDS", 16 * 60)
COPY_SETTLE_SECONDS_GUARDED = env.integer("COPY_SETTLE_SECONDS_GUARDED", 2 * 60)
# How long a send may take before its worker counts as gone; longer than the longest call.
COPY_SEND_LEASE_SECONDS = env.integer("COPY_SEND_LEASE_SECONDS", 45, minimum=1)
# So many first documents of a connection are read back with their lines right after they were made, others at night.
COPY_FIRST_READ_BACKS = env.integer("COPY_FIRST_READ_BACKS", 50)
PAYMENTS_SYNC_SECONDS = env.integer("PAYMENTS_SYNC_SECONDS", 5 * 60, minimum=1)
PAYMENTS_IDLE_SECONDS = env.integer("PAYMENTS_IDLE_SECONDS", 60 * 60, minimum=1)
REFERENCE_REFRESH_SECONDS = env.integer("REFERENCE_REFRESH_SECONDS", 24 * 3600, minimum=60)
# A lane whose worker was lost goes on after both of these at the latest: within a minute. The lease is longer than the
# longest call, and renewed between calls; a sweep is one query.
LANE_LEASE_SECONDS = env.integer("LANE_LEASE_SECONDS", 45, minimum=1)
LANE_SWEEP_SECONDS = env.integer("LANE_SWEEP_SECONDS", 10, minimum=1)
# PSAs are called at public https addresses only. This also allows http to this very machine, for development.
PSA_CALLBACKS_TO_LOCALHOST = env.flag("PSA_CALLBACKS_TO_LOCALHOST", default=DEBUG)

# --- REST API ---------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["connector.tenancy.api_keys.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "connector.api_errors.handle",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Exact connector API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "DESCRIPTION": "Send the invoices of your PSA and read back whether they are in Exact and paid.",
    "TAGS": [
        {"name": name}
        for name in (
            "Invoices",
            "Payments",
            "Clients",
            "Subsidiaries",
            "Service types",
            "Tax rates",
        )
    ],
    "WEBHOOKS": ["payments.psa_reports.describing.PAYMENT_CHANGED"],
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    # The bodies are pydantic models, which say themselves what is sent and what is answered.
    "COMPONENT_SPLIT_REQUEST": False,
    "POSTPROCESSING_HOOKS": [],
}

# --- Celery: the broker only rings a bell; the rows are the work -------------------------------------------------
CELERY_BROKER_URL = env.url("REDIS_URL", schemes=("redis", "rediss"))
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
# A message is done when its task has ended, and comes again when its process died. One that failed or took too long does
# not: its rows say what is left, and running it again for ever would be the same fault for ever.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_ACKS_ON_FAILURE = True
CELERY_TASK_ACKS_ON_TIMEOUT = True
# A turn takes 20 s, the call at its end 30 s more, and what Exact said is written for as long as a send's lease lasts.
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_TASK_DEFAULT_QUEUE = "default"
# Workers take from both queues in turn, so a sweep waits for one place and not for all the lanes before it.
CELERY_TASK_ROUTES = {"integrations.tasks.run_lane": {"queue": "exact"}}
# A worker takes a message when it has a hand free, so that a long turn holds up nobody behind it.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_DISABLE_PREFETCH = True
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 300_000  # kB; a child above it is replaced between two tasks
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 60
# True would kill a task in the middle of a POST when the broker goes away.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CONNECTION_TIMEOUT = 4
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 2,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.3,
}
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Seconds until a message that nobody acknowledged comes again; more than any task takes.
    "visibility_timeout": 900,
    # A line that looks open and is dead is noticed by a busy worker after some of these, one after the other, and by an
    # idle one after two health checks. With 30 and 25 s a worker stayed deaf for two minutes; without the first for ever.
    "socket_timeout": 5,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 5,
    "global_keyprefix": env.text("REDIS_PREFIX", "connector:"),
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
}
CELERY_BEAT_SCHEDULE = {
    "sweep-lanes": {
        "task": "integrations.tasks.sweep_lanes",
        "schedule": float(LANE_SWEEP_SECONDS),
    },
    "tidy-tokens": {
        "task": "integrations.tasks.tidy_tokens",
        "schedule": 24 * 3600.0,
    },
    "tell-psas": {
        "task": "payments.tasks.tell_psas",
        "schedule": float(LANE_SWEEP_SECONDS),
    },
    "warn-of-log-ins": {
        "task": "integrations.tasks.warn_of_log_ins",
        "schedule": 3600.0,
    },
    "send-news": {
        "task": "invoices.tasks.send_news",
        "schedule": 60.0,
    },
    "forget-history": {
        "task": "integrations.tasks.forget_history",
        "schedule": 24 * 3600.0,
    },
    "forget-webhooks": {
        "task": "integrations.tasks.forget_webhooks",
        "schedule": 3600.0,
    },
}
CELERY_BEAT_SCHEDULE_FILENAME = env.text(
    "BEAT_SCHEDULE_FILE", str(BASE_DIR / ".local" / "beat-schedule")
)

# --- Operations -------------------------------------------------------------------------------------------------
# What Prometheus sends as its bearer token; empty: there are no metrics.
METRICS_TOKEN = env.text("METRICS_TOKEN", "")

# --- Logs: one line of JSON an event, ids only ------------------------------------------------------------------
LOG_LEVEL = env.text("LOG_LEVEL", "INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "connector.log_format.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # No handlers of its own: Django would mail errors with everything that was sent.
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        # What was refused has a line of our own already.
        "django.request": {"level": "ERROR"},
        # These would say whole addresses, who failed to sign in, statements with values, and what a page was made of.
        "urllib3": {"level": "WARNING"},
        "django.db.backends": {"level": "INFO"},
        "django.template": {"level": "INFO"},
        "axes": {"level": "ERROR"},
    },
}
DEFAULT_EXCEPTION_REPORTER_FILTER = "connector.log_redaction.ErrorPageFilter"
