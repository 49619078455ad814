"""Settings: the environment and `.env` enter, one checked, frozen object leaves."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """What the owner set for one provider; None or () where nothing is set.

    Args:
        api_key: the secret, never printed.
        models: tried in turn; () means the provider's default.
        base_url: where its API is; None means the provider's own address.
        timeout_s: limit of one attempt as a whole; None means the provider's default.
    """

    api_key: str | None = field(default=None, repr=False)
    models: tuple[str, ...] = ()
    base_url: str | None = None
    timeout_s: float | None = None
