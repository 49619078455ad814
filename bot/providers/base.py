"""The Provider contract: a prompt becomes an HTTP request, an HTTP answer a completion or an error.

A provider answers two pure questions and does no I/O itself; `exchange` performs the HTTP, and
`complete` and `list_models` join both.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, ClassVar

import httpx

from bot.messages import Audio, Completion, Prompt, Window
from bot.providers import bodies, structured
from bot.providers.failures import read_break, read_failure
from bot.providers.http import ask
from bot.providers.reading import objects, usage_of
from bot.providers.windows import read_windows
from core.env_values import PROVIDER_NAMES
from core.errors import ProviderError, provider_error
from core.settings import ProviderSettings

MAX_ANSWER_BYTES = 4 * 1024 * 1024
_LOADED_TIMEOUT_S = 2.0
# Named here because the transport would offer encodings that httpx may not be able to undo.
_HEADERS = {"accept": "application/json", "accept-encoding": "gzip", "user-agent": "mostrador"}
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What to send; `json` None means no body."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Mapping[str, Any] | None = field(default=None, repr=False)
    upload: Upload | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """A form with one file (multipart/form-data)."""

    fields: Mapping[str, str]
    file_field: str
    filename: str
    content_type: str
    data: bytes = field(repr=False)


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
    """In memory now; only known where a local server says so."""


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
        key_page: where the owner gets a key, or "".
        is_local: runs on the shop's own machine (cold starts, no cost).
        has_free_plan: its keys begin on a plan that bills nothing; a spent budget goes on with it.
        transcribe_model: asked to write down speech; None when it cannot.
        vision_model: asked when a prompt shows pictures; None when it cannot see.
    """

    name: ClassVar[str]
    variable: ClassVar[str]
    default_model: ClassVar[str | None] = None
    default_base_url: ClassVar[str]
    default_timeout_s: ClassVar[float] = 12.0
    needs_key: ClassVar[bool] = True
    key_prefix: ClassVar[str] = ""
    key_page: ClassVar[str] = ""
    is_local: ClassVar[bool] = False
    has_free_plan: ClassVar[bool] = False
    transcribe_model: ClassVar[str | None] = None
    vision_model: ClassVar[str | None] = None

    def is_configured(self, settings: ProviderSettings) -> bool:
        """Whether it can be asked at all: its key is set, or it needs none."""
        return bool(settings.api_key) or not self.needs_key

    def chat_request(self, settings: ProviderSettings, prompt: Prompt, model: str) -> HttpRequest:
        """What HTTP request asks this prompt of this model."""
        raise NotImplementedError

    def read_chat(self, answer: HttpAnswer, model: str) -> Completion:
        """The usable completion in an answer.

        Raises:
            ProviderError: of the class the answer stands for, also inside HTTP 200.
        """
        raise NotImplementedError

    def key_request(self, settings: ProviderSettings) -> HttpRequest | None:
        """What HTTP request checks the key, where the list of models is public; None elsewhere."""
        return None

    def read_key(self, answer: HttpAnswer) -> None:
        """Nothing, when the key is accepted.

        Raises:
            ProviderError: it is not.
        """

    def models_request(self, settings: ProviderSettings) -> HttpRequest:
        """What HTTP request lists the models (and checks the key) without spending tokens."""
        raise NotImplementedError

    def read_models(self, answer: HttpAnswer) -> tuple[ListedModel, ...]:
        """The language models listed, embeddings and speech left out, in the provider's order.

        Raises:
            ProviderError: the answer is no model list.
        """
        raise NotImplementedError

    def read_windows(self, headers: Mapping[str, str]) -> tuple[Window, ...]:
        """What a good answer says is left of this provider's rate windows."""
        return read_windows(headers)

    def transcribe_request(
        self, settings: ProviderSettings, audio: Audio, model: str
    ) -> HttpRequest:
        """What HTTP request asks for the words of a recording."""
        raise NotImplementedError

    def read_transcript(self, answer: HttpAnswer, model: str) -> Completion:
        """The words of a recording; a recording without any is `validation`.

        Raises:
            ProviderError: of the class the answer stands for.
        """
        raise NotImplementedError

    def join_stream(self, events: list[Any]) -> Any | None:
        """One whole answer from the events of a stream; None when it was cut off.

        We never ask for a stream, but some servers and gateways send one all the same.
        """
        return None

    def read_payload(self, answer: HttpAnswer, model: str | None) -> Any:
        """The JSON of a good answer.

        Raises:
            ProviderError: the answer or what stands in it is an error, or is no JSON.
        """
        if not 200 <= answer.status < 300:
            raise self.failure(answer, model)
        payload = bodies.parse(answer.body)
        error = bodies.find_error(payload)
        if error is not None:
            raise self.failure(answer, model, inner=error)
        if payload is None:
            payload = self.join_stream(bodies.read_events(answer.body))
        if payload is None:
            fault = bodies.describe_body(answer.body, None)
            what = "a web page" if fault.is_page else "not JSON" if answer.body.strip() else "empty"
            raise self.unusable(answer, model, what)
        return payload

    def read_entries(self, answer: HttpAnswer, key: str) -> list[dict[str, Any]]:
        """The entries of a list of models under the key it stands.

        Raises:
            ProviderError: the answer is no such list.
        """
        payload = self.read_payload(answer, None)
        if not isinstance(payload, dict) or not isinstance(payload.get(key), list):
            raise self.unusable(answer, None, "no list of models")
        return objects(payload[key])

    def failure(self, answer: HttpAnswer, model: str | None, inner: Any = None) -> ProviderError:
        """The error an answer stands for; `inner` is the error object found in a good status."""
        return read_failure(
            answer.status,
            answer.headers,
            answer.body,
            provider=self.name,
            model=model or None,
            inner=inner,
        )

    def unusable(
        self,
        answer: HttpAnswer,
        model: str | None,
        why: str,
        *,
        error_class: str = "validation",
        retry_same: bool = True,
    ) -> ProviderError:
        """An answer that came and cannot be used."""
        return provider_error(
            f"HTTP {answer.status}: {why}",
            provider=self.name,
            model=model or None,
            status=answer.status,
            error_class=error_class,
            retry_same=retry_same and error_class == "validation",
        )

    def loaded_request(self, settings: ProviderSettings) -> HttpRequest | None:
        """What HTTP request tells which listed models are in memory; None: there is none."""
        return None

    def read_loaded(self, answer: HttpAnswer) -> frozenset[str]:
        """Names of the models in memory; empty when the answer does not say."""
        return frozenset()


async def exchange(
    client: httpx.AsyncClient,
    request: HttpRequest,
    timeout_s: float,
    *,
    provider: str = "",
    model: str | None = None,
    max_bytes: int = MAX_ANSWER_BYTES,
) -> HttpAnswer:
    """Send one request and read the whole answer; redirects are answers like any other.

    Args:
        timeout_s: limit of connecting, headers and body together, however slowly they drip.
        provider, model: named in the error.
        max_bytes: most bytes of body, after decompression.
    Raises:
        ProviderError: timeout, network, config, auth (a key no header can hold), or validation
            (larger than max_bytes).
    """
    try:
        async with asyncio.timeout(timeout_s):
            sent_headers, sent = _build(request)
            status, headers, body = await ask(
                client, request.method, request.url, sent_headers, sent, max_bytes=max_bytes
            )
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
        raise read_break(error, provider=provider, model=model, timeout_s=timeout_s) from error
    if len(body) > max_bytes:
        raise provider_error(
            f"the body is larger than {max_bytes} bytes",
            provider=provider,
            model=model,
            status=status,
            error_class="validation",
        )
    return HttpAnswer(status, headers, body)


def _build(request: HttpRequest) -> tuple[dict[str, str], bytes | None]:
    """Headers and body to send."""
    headers = _HEADERS | dict(request.headers)
    if request.upload is not None:
        sent = request.upload
        file = {sent.file_field: (sent.filename, sent.data, sent.content_type)}
        form = httpx.Request("POST", request.url, data=dict(sent.fields), files=file)
        headers["content-type"] = form.headers["content-type"]
        return headers, form.read()
    if request.json is None:
        return headers, None
    headers["content-type"] = "application/json"
    # A lone surrogate in a customer's text becomes "?" instead of an error.
    return headers, _ENCODER.encode(request.json).encode("utf-8", "replace")


async def complete(
    provider: Provider,
    client: httpx.AsyncClient,
    settings: ProviderSettings,
    prompt: Prompt,
    model: str,
    timeout_s: float,
) -> Completion:
    """Ask one provider once.

    Args:
        model: as the provider names it; "" asks for whichever is loaded, where that is possible.
        timeout_s: limit of the attempt as a whole.
    Raises:
        ProviderError: there is no usable answer.
    """
    if prompt.schema is not None:
        prompt = structured.instructed(prompt)
    request = provider.chat_request(settings, prompt, model)
    completion = await _ask(
        provider, client, settings, request, provider.read_chat, model, timeout_s
    )
    if prompt.schema is not None:
        try:
            return replace(completion, data=structured.read_object(completion, prompt.schema))
        except (ValueError, RecursionError) as error:
            raise _refused(provider, completion, str(error)) from error
    offered = {tool.name for tool in prompt.tools}
    if not completion.text and any(call.name not in offered for call in completion.tool_calls):
        raise _refused(provider, completion, "a call of a tool nobody offered")
    return completion


def _refused(provider: Provider, completion: Completion, why: str) -> ProviderError:
    """A readable answer that is not what was asked for."""
    error = provider_error(
        why,
        provider=provider.name,
        model=completion.model or None,
        status=200,
        error_class="validation",
        retry_same=True,
    )
    spent = completion.usage
    error.tokens = spent.input_tokens, spent.output_tokens, spent.total_tokens
    return error


async def transcribe(
    provider: Provider,
    client: httpx.AsyncClient,
    settings: ProviderSettings,
    audio: Audio,
    model: str,
    timeout_s: float,
) -> Completion:
    """Ask one provider once for the words of a recording.

    Raises:
        ProviderError: there are none.
    """
    request = provider.transcribe_request(settings, audio, model)
    return await _ask(
        provider, client, settings, request, provider.read_transcript, model, timeout_s
    )


async def _ask(
    provider: Provider,
    client: httpx.AsyncClient,
    settings: ProviderSettings,
    request: HttpRequest,
    read: Callable[[HttpAnswer, str], Completion],
    model: str,
    timeout_s: float,
) -> Completion:
    _require_key(provider, settings)
    answer = await exchange(client, request, timeout_s, provider=provider.name, model=model or None)
    try:
        completion = read(answer, model)
    except ProviderError as error:
        if error.error_class in ("validation", "bad_request") and answer.status == 200:
            spent = usage_of(bodies.parse(answer.body))
            error.tokens = spent.input_tokens, spent.output_tokens, spent.total_tokens
        raise
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise provider_error(  # a shape nobody foresaw must not cost the customer the answer
            f"unreadable answer: {type(error).__name__}",
            provider=provider.name,
            model=model or None,
            status=answer.status,
            error_class="validation",
            retry_same=True,
        ) from error
    windows = provider.read_windows(answer.headers)
    return replace(completion, windows=windows) if windows else completion


async def check_key(
    provider: Provider, client: httpx.AsyncClient, settings: ProviderSettings, timeout_s: float
) -> None:
    """Ask whether the key is accepted, where the list of models would not tell.

    Raises:
        ProviderError: not reached, or refused.
    """
    request = provider.key_request(settings)
    if request is not None:
        provider.read_key(await exchange(client, request, timeout_s, provider=provider.name))


async def list_models(
    provider: Provider, client: httpx.AsyncClient, settings: ProviderSettings, timeout_s: float
) -> tuple[ListedModel, ...]:
    """The language models a provider offers, in its own order; spends no tokens.

    Raises:
        ProviderError: not reached, key refused, or the answer is no model list.
    """
    _require_key(provider, settings)
    request = provider.models_request(settings)
    answer = await exchange(client, request, timeout_s, provider=provider.name)
    models = provider.read_models(answer)
    question = provider.loaded_request(settings) if len(models) > 1 else None
    if question is None:
        return models
    # Good to know, never needed: a server that cannot tell still has its models.
    with contextlib.suppress(ProviderError):
        limit_s = min(timeout_s, _LOADED_TIMEOUT_S)
        loaded = provider.read_loaded(
            await exchange(client, question, limit_s, provider=provider.name)
        )
        models = tuple(replace(model, loaded=model.name in loaded) for model in models)
    return models


def _require_key(provider: Provider, settings: ProviderSettings) -> None:
    if not provider.is_configured(settings):
        raise provider_error(
            f"{provider.variable}_API_KEY is not set", provider=provider.name, error_class="config"
        )


@lru_cache(maxsize=1)
def find_providers() -> Mapping[str, Provider]:
    """Every provider by name: the PROVIDER of each file of this package that has one."""
    package = __name__.rpartition(".")[0]
    modules = {name: importlib.import_module(f"{package}.{name}") for name in PROVIDER_NAMES}
    return MappingProxyType({name: module.PROVIDER for name, module in modules.items()})
