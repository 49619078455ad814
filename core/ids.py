"""Identifiers we make ourselves: nothing enters, 32 hexadecimal characters leave."""

from __future__ import annotations

import uuid


def new_id() -> str:
    """A new identifier that no other process makes."""
    return uuid.uuid4().hex
