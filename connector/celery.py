"""The Celery application: `celery -A connector worker` and `celery -A connector beat`."""

from __future__ import annotations

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "connector.settings")

app = Celery("connector")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logs(**_: Any) -> None:
    """This function will keep the logs of workers and beat as those of web: one line of JSON an event."""
    logging.config.dictConfig(settings.LOGGING)
