"""The Provider contract: a prompt becomes an HTTP request, an HTTP answer a completion or an error.

A provider answers two pure questions and does no I/O itself; `exchange` performs the HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from bot.messages import Completion, Prompt
from core.settings import ProviderSettings


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What to send; `json` None means no body."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A language model a provider offers."""

    name: str
    loaded: bool = False


class Provider:
    """One company's API. Subclasses are stateless; one instance named PROVIDER a file.

    Attributes:
        name: as in AI_FALLBACK_ORDER.
        variable: prefix of its settings, such as "GROQ" for GROQ_API_KEY.
        default_model: asked when none is set; None when the provider says which one is loaded.
        default_base_url: used when no address is set.
        default_timeout_s: limit of one attempt.
        needs_key: whether it counts as configured only with a key.
        key_prefix: how its keys begin, or "" when they have no known form.
        is_local: runs on the shop's own machine (cold starts, no cost).
    """

    name: ClassVar[str]
    variable: ClassVar[str]
    default_model: ClassVar[str | None] = None
    default_base_url: ClassVar[str]
    default_timeout_s: ClassVar[float] = 12.0
    needs_key: ClassVar[bool] = True
    key_prefix: ClassVar[str] = ""
    is_local: ClassVar[bool] = False

    def chat_request(self, settings: ProviderSettings, prompt: Prompt, model: str) -> HttpRequest:
        """What HTTP request asks this prompt of this model."""
        raise NotImplementedError

    def read_chat(self, answer: HttpAnswer, model: str) -> Completion:
        """The usable completion in an answer.

        Raises:
            ProviderError: of the class the answer stands for, also inside HTTP 200.
        """
        raise NotImplementedError

    def models_request(self, settings: ProviderSettings) -> HttpRequest:
        """What HTTP request lists the models (and checks the key) without spending tokens."""
        raise NotImplementedError

    def read_models(self, answer: HttpAnswer) -> tuple[ListedModel, ...]:
        """The language models listed, embeddings and speech left out, in the provider's order.

        Raises:
            ProviderError: the answer is no model list.
        """
        raise NotImplementedError
