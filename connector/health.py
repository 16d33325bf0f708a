"""Answers for a load balancer: is the process alive, and can it serve."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from redis import Redis
from redis.exceptions import RedisError

# A balancer asks often and waits little.
_BROKER_TIMEOUT = 0.05  # seconds


@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """This function will answer 200 as long as the process answers at all."""
    return JsonResponse({"status": "alive"})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """This function will answer 200 when the database answers and is migrated, else 503 with what is missing.

    Without the broker a page works and what people ask for is kept, so the process stays in rotation and says that it is
    degraded (RELIABILITY E9).
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            waiting = migrations_on_disk() - set(cursor.fetchall())
    except DatabaseError:
        return _not_ready("The database does not answer.")
    if waiting:
        return _not_ready(f"{len(waiting)} migrations have not been applied.")
    if not _broker_answers():
        return JsonResponse({"status": "ready", "degraded": "The broker does not answer."})
    return JsonResponse({"status": "ready"})


@cache
def migrations_on_disk() -> frozenset[tuple[str, str]]:
    """This function will return (app, name) of every migration this program brings, by the names of the files alone."""
    found: set[tuple[str, str]] = set()
    for config in apps.get_app_configs():
        try:
            package = import_module(f"{config.name}.migrations")
        except ModuleNotFoundError:
            continue
        found |= {(config.label, module.name) for module in pkgutil.iter_modules(package.__path__)}
    return frozenset(found)


def _broker_answers() -> bool:
    broker = Redis.from_url(
        settings.CELERY_BROKER_URL,
        socket_connect_timeout=_BROKER_TIMEOUT,
        socket_timeout=_BROKER_TIMEOUT,
    )
    try:
        return bool(broker.ping())
    except RedisError:
        return False
    finally:
        broker.close()


def _not_ready(reason: str) -> JsonResponse:
    return JsonResponse({"status": "not ready", "reason": reason}, status=503)
