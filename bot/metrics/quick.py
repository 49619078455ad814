"""Measurements enter, histograms leave; one measurement costs about half a microsecond.

prometheus_client's own takes four times as long, and a message is measured a dozen times.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from threading import Lock

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector, CollectorRegistry


class QuickHistogram:
    """One series.

    Args:
        bounds: upper ends of the buckets, rising.
    """

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0
        self._lock = Lock()

    def observe(self, value: float) -> None:
        place = bisect_left(self._bounds, value)
        with self._lock:
            self._counts[place] += 1
            self._sum += value

    def read(self) -> tuple[list[tuple[str, float]], float]:
        """[(upper end, how many up to it)] and the sum of all values."""
        with self._lock:
            counts, total = [*self._counts], self._sum
        ends = [*(str(float(bound)) for bound in self._bounds), "+Inf"]
        return list(zip(ends, map(float, accumulate(counts)), strict=True)), total


class QuickHistograms(Collector):
    """The series of one metric, by its one label; a metric without label has the series "".

    Args:
        label: "" for none.
        values: all there are.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        name: str,
        documentation: str,
        bounds: Sequence[float],
        label: str = "",
        values: Iterable[str] = ("",),
    ) -> None:
        self._name, self._documentation, self._label = name, documentation, label
        self.by = {value: QuickHistogram(bounds) for value in values}
        registry.register(self)

    def describe(self) -> Iterable[HistogramMetricFamily]:
        return [self._family()]

    def collect(self) -> Iterator[HistogramMetricFamily]:
        family = self._family()
        for value, series in self.by.items():
            buckets, total = series.read()
            family.add_metric([value] if self._label else [], buckets, total)
        yield family

    def _family(self) -> HistogramMetricFamily:
        labels = [self._label] if self._label else []
        return HistogramMetricFamily(self._name, self._documentation, labels=labels)
