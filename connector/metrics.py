"""Figures for Prometheus: read from the database when they are asked for, so that every web process tells the same.

Each application registers what it knows (`figures.py`); docs/operations.md says what each one means and when it alarms.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Iterator

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from connector import heartbeats, tallies
from connector.database_clock import database_now

registry = CollectorRegistry()


class _Figures(Collector):
    """Asks one application for its figures at each scrape."""

    def __init__(self, read: Callable[[], Iterable[Metric]]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        return self._read()


def register(read: Callable[[], Iterable[Metric]]) -> None:
    """This function will add an application's figures to `/metrics`; `read` is called at each scrape."""
    registry.register(_Figures(read))


def gauge(name: str, meaning: str, value: float | None) -> GaugeMetricFamily:
    """This function will return one figure; None leaves it without a sample: there is nothing to measure."""
    figure = GaugeMetricFamily(f"connector_{name}", meaning)
    if value is not None:
        figure.add_metric([], value)
    return figure


def gauge_by(
    name: str, meaning: str, label: str, values: Iterable[tuple[str, float]]
) -> GaugeMetricFamily:
    """This function will return a figure split by a label, which never names a tenant."""
    figure = GaugeMetricFamily(f"connector_{name}", meaning, labels=[label])
    for key, value in values:
        figure.add_metric([key], value)
    return figure


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """This function will answer with all figures to whoever brings METRICS_TOKEN; without that setting there are none."""
    token = str(settings.METRICS_TOKEN)
    if not token:
        raise Http404
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _own_figures() -> Iterator[Metric]:
    now = database_now()
    signs = heartbeats.signs_of_life(now=now)
    yield gauge(
        "sweep_age_seconds",
        "Since the last sweep for due work.",
        None if signs.swept_at is None else (now - signs.swept_at).total_seconds(),
    )
    yield gauge("workers", "Workers seen within the last minute.", signs.workers)
    counted = tallies.read_all()
    for name, meaning in tallies.MEANINGS.items():
        yield CounterMetricFamily(f"connector_{name}", meaning, value=counted.get(name, 0))


register(_own_figures)
ProcessCollector(registry=registry)
