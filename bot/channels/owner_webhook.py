"""A notice to the owner enters; it is posted as JSON to the address the owner named."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import httpx

from core.errors import DeliveryUnavailable

TIMEOUT_S = 10.0


async def post_notice(client: httpx.AsyncClient, url: str, body: Mapping[str, object]) -> None:
    """Post it; redirects are not followed, and what comes back is not read.

    Raises:
        DeliveryUnavailable: nobody took it with a status of 2xx.
    """
    try:
        async with asyncio.timeout(TIMEOUT_S):
            request = client.build_request("POST", url, json=body)
            response = await client.send(request, stream=True)
            await response.aclose()
    except TimeoutError as error:
        raise DeliveryUnavailable(f"no answer in {TIMEOUT_S:g} s") from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise DeliveryUnavailable(type(error).__name__) from error
    if not response.is_success:
        raise DeliveryUnavailable(f"status {response.status_code}")
