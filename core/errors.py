"""The whole error tree: what went wrong enters a constructor, what a caller needs to decide leaves.

BotError
├─ ConfigError             names the variable and how to set it
├─ DatabaseUnavailable     nothing was stored; the same work may be tried again
├─ LeaseLost               another worker holds this conversation now; drop the work
├─ ImportRejected          a file cannot be taken in as a whole; says why, for the owner
├─ FetchFailed             an address cannot be downloaded; a word for why, and its fields
├─ WebhookRejected         BadSignature (403), BadForm (400)
├─ ProviderError           provider, model, status, error_class, retry_after_s, retry_same
│  ├─ ProviderUnavailable  network, timeout, server
│  ├─ ProviderBusy         rate_limit
│  ├─ ProviderRefused      auth, quota, model_not_found, config, bad_request
│  └─ BadCompletion        validation: an answer that cannot be used
├─ AllProvidersFailed      carries every ProviderError, in the order tried
└─ DeliveryError           code
   ├─ DeliveryUnavailable  not sent: retry later
   ├─ DeliveryUnknown      maybe sent: look it up before sending again
   ├─ WindowClosed         outside the 24-hour customer service window (63016)
   ├─ ContactStopped       the contact opted out or blocked the shop (21610)
   └─ DeliveryRejected     permanent: never the same message again
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType


class BotError(Exception):
    """Root of every error this product raises on purpose."""


class ConfigError(BotError):
    """The configuration cannot be used.

    Args:
        faults: one line per fault, each naming the variable and the mend, in the owner's language.
    """

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


class DatabaseUnavailable(BotError):
    """The unit of work was rolled back as a whole; the caller may try it again."""


class LeaseLost(BotError):
    """The conversation's epoch moved on: somebody else works on it now."""


class ImportRejected(BotError):
    """A file cannot be taken in as a whole; the message is for the owner, in their language."""


class FetchFailed(BotError):
    """An address cannot be downloaded; `kind` says why, `fields` fill in the sentence about it."""

    def __init__(self, kind: str, **fields: object) -> None:
        super().__init__(kind)
        self.kind = kind
        self.fields = fields


class WebhookRejected(BotError):
    """A webhook request is refused; `status` is the HTTP status to answer with."""

    status = 400


class BadSignature(WebhookRejected):
    """The signature is missing or does not match."""

    status = 403


class BadForm(WebhookRejected):
    """The form is signed but is not a message or a status."""

    status = 400


class ProviderError(BotError):
    """A provider did not give a usable answer.

    Args:
        message: for the log and the ledger; never holds a key or a customer's text.
        provider: the provider's name, such as "groq".
        model: the model asked, or None when none was reached.
        status: HTTP status, or None when no HTTP answer came.
        error_class: one of the ten classes of the contract.
        retry_after_s: what the answer itself says about waiting, in seconds.
        retry_same: an unchanged request to the same provider may succeed.
        too_long: the prompt is larger than this model or plan takes; a shorter one may pass.
    """

    error_classes: tuple[str, ...] = ()

    def __init__(
        self,
        message: str,
        *,
        provider: str,
        error_class: str,
        model: str | None = None,
        status: int | None = None,
        retry_after_s: float | None = None,
        retry_same: bool = False,
        too_long: bool = False,
    ) -> None:
        super().__init__(message)
        self.provider = provider
        self.model = model
        self.status = status
        self.error_class = error_class
        self.retry_after_s = retry_after_s
        self.retry_same = retry_same
        self.too_long = too_long
        self.tokens: tuple[int | None, int | None, int | None] = (None, None, None)
        """Input, output and total of an answer that was paid for and cannot be used."""


class ProviderUnavailable(ProviderError):
    """Not reached, too slow or broken on their side."""

    error_classes = ("network", "timeout", "server")


class ProviderBusy(ProviderError):
    """A rate window is full."""

    error_classes = ("rate_limit",)


class ProviderRefused(ProviderError):
    """Asking the same again changes nothing until somebody mends something."""

    error_classes = ("auth", "quota", "model_not_found", "config", "bad_request")


class BadCompletion(ProviderError):
    """An answer came and cannot be used."""

    error_classes = ("validation",)


ERROR_CLASSES: tuple[str, ...] = (
    "rate_limit",
    "timeout",
    "server",
    "network",
    "validation",
    "quota",
    "auth",
    "model_not_found",
    "bad_request",
    "config",
)
"""The ten classes, in the order in which one of several is named to the outside."""

_KINDS: dict[str, type[ProviderError]] = {
    error_class: kind
    for kind in (ProviderUnavailable, ProviderBusy, ProviderRefused, BadCompletion)
    for error_class in kind.error_classes
}


def provider_error(
    message: str,
    *,
    provider: str,
    error_class: str,
    model: str | None = None,
    status: int | None = None,
    retry_after_s: float | None = None,
    retry_same: bool = False,
    too_long: bool = False,
) -> ProviderError:
    """Build the ProviderError subclass that `error_class` belongs to.

    Raises:
        KeyError: error_class is not one of the ten.
    """
    return _KINDS[error_class](
        message,
        provider=provider,
        model=model,
        status=status,
        error_class=error_class,
        retry_after_s=retry_after_s,
        retry_same=retry_same,
        too_long=too_long,
    )


class AllProvidersFailed(BotError):
    """No provider gave a usable answer within the deadline.

    Args:
        errors: every ProviderError, in the order tried; empty when no provider could be asked.
        retry_after_s: seconds until the first of them is worth asking again, when known.
        paused: provider → class of those that were not even asked.
    """

    def __init__(
        self,
        errors: Sequence[ProviderError],
        retry_after_s: float | None = None,
        paused: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(f"all providers failed ({len(errors)} attempts)")
        self.errors = tuple(errors)
        self.retry_after_s = retry_after_s
        self.paused = dict(paused)

    @property
    def error_class(self) -> str:
        """The first class of `ERROR_CLASSES` that occurred; with nobody asked, why not; "config"
        with nobody to ask."""
        occurred = {error.error_class for error in self.errors} or {*self.paused.values()}
        return next((name for name in ERROR_CLASSES if name in occurred), "config")


class DeliveryError(BotError):
    """A channel did not accept a message.

    Args:
        message: for the log; never holds the message's text or a full address.
        code: the channel's own error code, when it gave one.
        retry_after_s: seconds the channel asks us to wait, when it says so.
    """

    def __init__(
        self, message: str, *, code: int | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after_s = retry_after_s


class DeliveryUnavailable(DeliveryError):
    """Certainly not sent; the same message may be sent later.

    Args:
        mend: the setting or account fault a person has to look at first; None: it passes by itself.
    """

    def __init__(
        self,
        message: str,
        *,
        code: int | None = None,
        retry_after_s: float | None = None,
        mend: str | None = None,
    ) -> None:
        super().__init__(message, code=code, retry_after_s=retry_after_s)
        self.mend = mend


class DeliveryUnknown(DeliveryError):
    """Perhaps sent: look it up, or wait for its status callback, before sending it again."""


class WindowClosed(DeliveryError):
    """Outside the 24-hour customer service window."""


class ContactStopped(DeliveryError):
    """The contact opted out or blocked the shop."""


class DeliveryRejected(DeliveryError):
    """Permanent: the same message will never be accepted."""
