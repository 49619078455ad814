"""Tables of the conversation: who writes, what was said, which turn answered it, what was sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, BigId, UtcDateTime


class Contact(Base):
    """A customer."""

    __tablename__ = "contact"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ContactAddress(Base):
    """One way to reach a contact; the address is opaque and never assumed to be a phone."""

    __tablename__ = "contact_address"
    __table_args__ = (UniqueConstraint("channel", "address"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    channel: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Conversation(Base):
    """One customer address talking to one shop address on one channel.

    Inbound messages are numbered 1..`tail`; those up to `done` are answered. Whoever raises
    `epoch` by a claim holds the conversation until `lease_until`.
    """

    __tablename__ = "conversation"
    __table_args__ = (
        UniqueConstraint(
            "channel", "customer_address", "shop_address", name="uq_conversation_channel"
        ),
        Index(
            "ix_conversation_waiting",
            "due_at",
            sqlite_where=text("tail > done"),
            postgresql_where=text("tail > done"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    channel: Mapped[str] = mapped_column(String(20))
    customer_address: Mapped[str] = mapped_column(String(300))
    shop_address: Mapped[str] = mapped_column(String(300))
    tail: Mapped[int] = mapped_column(BigId, default=0)
    done: Mapped[int] = mapped_column(BigId, default=0)
    epoch: Mapped[int] = mapped_column(BigId, default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Not worked on before this instant: waiting for more fragments, or for the next try."""
    waiting_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the oldest message not yet answered arrived."""
    deaths: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """How often in a row whoever worked on what waits was gone; a claim under way is one."""
    failures: Mapped[int] = mapped_column(Integer, default=0)
    """How often in a row the waiting turn failed by our own fault."""
    mode: Mapped[str] = mapped_column(String(10), default="bot")
    """"bot", or "person" while a human of the shop answers."""
    language: Mapped[str | None] = mapped_column(String(5))
    last_inbound_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opted_out_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Message(Base):
    """One message in either direction.

    `seq` numbers inbound messages; an outbound one carries the `seq` up to which it answers, so
    that (seq, direction, id) is the order of the talk.
    """

    __tablename__ = "message"
    __table_args__ = (
        Index(
            "uq_message_inbound_seq",
            "conversation_id",
            "seq",
            unique=True,
            sqlite_where=text("direction = 'inbound'"),
            postgresql_where=text("direction = 'inbound'"),
        ),
        Index("ix_message_talk", "conversation_id", "seq"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    seq: Mapped[int] = mapped_column(BigId)
    direction: Mapped[str] = mapped_column(String(10))
    """"inbound" or "outbound"."""
    author: Mapped[str] = mapped_column(String(10))
    """"customer", "bot", "person" or "system"."""
    type: Mapped[str] = mapped_column(String(20), default="text")
    body: Mapped[str] = mapped_column(Text, default="")
    media: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """[{"url", "content_type"}]."""
    extra: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What else the channel said: location, tapped button, advertisement."""
    message_sid: Mapped[str | None] = mapped_column(String(64), unique=True)
    """The channel's id of an inbound message; what makes it accepted once."""
    reply_to_sid: Mapped[str | None] = mapped_column(String(64))
    turn_id: Mapped[str | None] = mapped_column(String(32), index=True)
    status: Mapped[str] = mapped_column(String(20), default="received")
    """Outbound: the channel's own delivery status word. Inbound: "received"."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Turn(Base):
    """One answer to the messages `from_seq`..`to_seq` of a conversation."""

    __tablename__ = "turn"
    __table_args__ = (Index("ix_turn_conversation", "conversation_id", "to_seq"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    epoch: Mapped[int] = mapped_column(BigId)
    from_seq: Mapped[int] = mapped_column(BigId)
    to_seq: Mapped[int] = mapped_column(BigId)
    state: Mapped[str] = mapped_column(String(12))
    """"saved" (to be sent), "finished", "withdrawn" (answered anew) or "buried"."""
    kind: Mapped[str] = mapped_column(String(20))
    """What policy decided: "answer", "unsupported", "opt_out", "unavailable", "buried"; or
    "moment": it only asks for patience and covers nothing, its `to_seq` is one below `from_seq`."""
    provider: Mapped[str | None] = mapped_column(String(40))
    model: Mapped[str | None] = mapped_column(String(200))
    prompt_version: Mapped[str | None] = mapped_column(String(40))
    prompt_tokens: Mapped[int | None] = mapped_column(Integer)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    grounded: Mapped[bool] = mapped_column(default=True)
    truth: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """What the truth check decided: [{"kind", "claim", "reason", "provider"}] of the claims it
    refused, then {"kind": "accepted", "check", "rests_on", "available"} of the reply."""
    prices: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    """Product id → price_minor of the products named in the reply, checked again before sending."""
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OutboxItem(Base):
    """One part of a reply on its way to the channel."""

    __tablename__ = "outbox_item"
    __table_args__ = (UniqueConstraint("turn_id", "part"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    """Rides in the StatusCallback address."""
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    turn_id: Mapped[str] = mapped_column(ForeignKey("turn.id"))
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    part: Mapped[int] = mapped_column(Integer)
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(12))
    """"queued", "sending", "accepted", "unclear", "failed" or "withdrawn"."""
    tries: Mapped[int] = mapped_column(Integer, default=0)
    lookups: Mapped[int] = mapped_column(Integer, default=0)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sending_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    message_sid: Mapped[str | None] = mapped_column(String(64), unique=True)
    """The channel's id of what was sent."""
    status: Mapped[str | None] = mapped_column(String(20))
    error_code: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Attempt(Base):
    """The ledger: one row per call of a provider, and one per offline answer."""

    __tablename__ = "attempt"
    __table_args__ = (Index(None, "started_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    turn_id: Mapped[str | None] = mapped_column(String(32), index=True)
    provider: Mapped[str] = mapped_column(String(40))
    model: Mapped[str | None] = mapped_column(String(200))
    attempt: Mapped[int] = mapped_column(Integer)
    """1 for the first call of this provider in the turn."""
    outcome: Mapped[str] = mapped_column(String(20))
    """"answered", "cancelled" or one of the ten error classes."""
    status: Mapped[int | None] = mapped_column(Integer)
    retry_after_s: Mapped[float | None] = mapped_column(Float)
    duration_ms: Mapped[int] = mapped_column(Integer)
    first_token_ms: Mapped[int | None] = mapped_column(Integer)
    input_tokens: Mapped[int | None] = mapped_column(Integer)
    output_tokens: Mapped[int | None] = mapped_column(Integer)
    cost_usd: Mapped[float | None] = mapped_column(Float)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ProviderState(Base):
    """The last ping of a provider, for other processes and the next start."""

    __tablename__ = "provider_state"

    provider: Mapped[str] = mapped_column(String(40), primary_key=True)
    model: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str] = mapped_column(String(20))
    """"ok", "unconfigured" or one of the ten error classes."""
    latency_ms: Mapped[int | None] = mapped_column(Integer)
    error: Mapped[str | None] = mapped_column(Text)
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class BreakerState(Base):
    """What one process knows of a (provider, model), for the others and the next start."""

    __tablename__ = "breaker_state"

    provider: Mapped[str] = mapped_column(String(40), primary_key=True)
    model: Mapped[str] = mapped_column(String(200), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    opened: Mapped[int] = mapped_column(Integer, default=0)
    open_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """None while it is closed."""
    error_class: Mapped[str] = mapped_column(String(20), default="")
    windows: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """As last read: [{"kind", "remaining", "limit", "read_at", "ends_at"}], in epoch seconds."""
    latencies_ms: Mapped[list[int]] = mapped_column(JSON, default=list)
    """Of the last answers."""
    probe_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Until then `probe_by` is finding out whether it is back."""
    probe_by: Mapped[str] = mapped_column(String(64), default="")
    mark: Mapped[str] = mapped_column(String(16), default="")
    """Of the key and address this was learned with; with others it says nothing."""
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(String(64))


class ModelReplacement(Base):
    """A model a provider no longer has, and the one asked instead."""

    __tablename__ = "model_replacement"

    provider: Mapped[str] = mapped_column(String(40), primary_key=True)
    gone: Mapped[str] = mapped_column(String(200), primary_key=True)
    found: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ScheduleTick(Base):
    """Whoever inserts (job, slot) first runs that tick."""

    __tablename__ = "schedule_tick"

    job: Mapped[str] = mapped_column(String(40), primary_key=True)
    slot: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))


class WorkerBeat(Base):
    """A live worker process and when it last said so."""

    __tablename__ = "worker_beat"

    worker: Mapped[str] = mapped_column(String(64), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Alarm(Base):
    """Something the owner has to know: it stands until it recovers, or it is counted."""

    __tablename__ = "alarm"

    cause: Mapped[str] = mapped_column(String(40), primary_key=True)
    subject: Mapped[str] = mapped_column(String(60), primary_key=True)
    """Which one of several: a provider's name; mostly ""."""
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    clear_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when it seems to be over; None while it stands."""
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the owner was last told of it; before `since`: not of this time."""
    recovered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    times: Mapped[int] = mapped_column(Integer, default=1)
    """Of what happens and does not stand: how often since the owner was last told."""
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class OwnerNotice(Base):
    """One notice on one way to the owner, kept until it is sent or given up."""

    __tablename__ = "owner_notice"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    way: Mapped[str] = mapped_column(String(20))
    """"webhook" or "whatsapp"."""
    event: Mapped[str] = mapped_column(String(20))
    """"alarm", "reminder" or "recovered"."""
    cause: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    recovered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(12), default="queued")
    """"queued", "sent" or "failed"."""
    tries: Mapped[int] = mapped_column(Integer, default=0)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Whoever takes it moves this on first, so that nobody else does meanwhile."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SavedSetting(Base):
    """A setting saved while running; it wins over the environment."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_by: Mapped[str] = mapped_column(String(60))


class AuditEntry(Base):
    """Who changed what, for the shop's own questions later."""

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(60))
    action: Mapped[str] = mapped_column(String(60))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
