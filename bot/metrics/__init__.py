"""What a process does enters; Prometheus metrics leave. docs/metrics.md lists them all."""

from bot.metrics.ai import Metrics

__all__ = ["Metrics"]
