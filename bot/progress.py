"""What the responder does enters, the log lines an owner reads leave (their form is fixed)."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from bot.messages import Completion
from core.errors import ProviderError
from core.log import log_event

log = logging.getLogger("bot.responder")

TAG = "[AI Multi-Provider]"


class Progress:
    """The lines of one turn."""

    def __init__(self, turn_id: str | None) -> None:
        self._turn_id = turn_id

    def started(self, names: Iterable[str]) -> None:
        order = " → ".join(names) or "-"
        self._say(
            logging.INFO,
            "responder_started",
            f"🔄 Usando sistema multi-provider con fallback automático (orden: {order})",
        )

    def asked(self, name: str) -> None:
        self._say(logging.INFO, "provider_asked", f"🔄 Intentando con: {name}", provider=name)

    def hedged(self, slow: str, after_s: float) -> None:
        self._say(
            logging.INFO,
            "provider_hedged",
            f"⏳ {slow} tarda más de {after_s:.1f} s, se pregunta también al siguiente",
            provider=slow,
            after_s=round(after_s, 2),
        )

    def answered(self, name: str, completion: Completion) -> None:
        self._say(
            logging.INFO,
            "provider_answered",
            f"✅ Éxito con: {name}",
            provider=name,
            model=completion.model,
        )

    def failed(self, error: ProviderError, calls: int, most: int, took_s: float) -> None:
        status = f"{error.status}, " if error.status else ""
        self._say(
            logging.WARNING,
            "provider_failed",
            f"❌ Error con {error.provider}: {error.error_class} "
            f"(intento {calls}/{most}, {status}{took_s:.1f} s)",
            provider=error.provider,
            error_class=error.error_class,
            status=error.status,
        )

    def paused(self, name: str, why: str, seconds: float) -> None:
        self._say(
            logging.INFO,
            "provider_paused",
            f"⚠️ {name} en pausa ({why}, {seconds:.0f} s)",
            provider=name,
            error_class=why,
        )

    def exhausted(self, name: str, *, others: bool) -> None:
        self._say(
            logging.WARNING,
            "provider_exhausted",
            f"⚠️ {name} agotado" + (", siguiente provider" if others else ""),
            provider=name,
        )

    def shortened(self, name: str, tokens: int) -> None:
        self._say(
            logging.INFO,
            "prompt_shortened",
            f"🔄 {name}: la conversación es demasiado larga, se acorta a {tokens} tokens",
            provider=name,
            tokens=tokens,
        )

    def healed(self, name: str, gone: str | None, found: str) -> None:
        self._say(
            logging.WARNING,
            "model_replaced",
            f"🔄 {name}: el modelo {gone} no está disponible, se usa {found}",
            provider=name,
            model=found,
            instead_of=gone,
        )

    def waiting(self, seconds: float) -> None:
        self._say(
            logging.INFO,
            "rate_limit_wait",
            f"⏳ Rate limit alcanzado, esperando {seconds:.1f}s...",
            seconds=round(seconds, 1),
        )

    def all_failed(self, calls: int) -> None:
        self._say(
            logging.ERROR,
            "all_providers_failed",
            f"❌ Todas las APIs de IA fallaron ({calls} intentos)",
            attempts=calls,
        )

    def _say(self, level: int, event: str, words: str, **fields: object) -> None:
        log_event(log, level, event, f"{TAG} {words}", turn_id=self._turn_id, **fields)
