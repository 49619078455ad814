"""Tables of the catalog: products, categories, reservations, and the search index."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, BigId, UtcDateTime


class Category(Base):
    """One node of the category tree."""

    __tablename__ = "category"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    path: Mapped[str] = mapped_column(String(500), unique=True)
    """All levels from the top, joined by " > "."""
    name: Mapped[str] = mapped_column(String(200))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))


class Product(Base):
    """One thing the shop sells. `external_id` is the file's own id, else the sku."""

    __tablename__ = "product"
    __table_args__ = (UniqueConstraint("source", "external_id"), Index(None, "sku"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source: Mapped[str] = mapped_column(String(40))
    """Where it came from: "sample", or "import" for the shop's own files."""
    external_id: Mapped[str] = mapped_column(String(200))
    sku: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(500))
    brand: Mapped[str] = mapped_column(String(200), default="")
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"), index=True)
    description: Mapped[str] = mapped_column(Text, default="")
    price_minor: Mapped[int] = mapped_column(BigId)
    """Price in the currency's smallest unit (ISO 4217 exponent)."""
    currency: Mapped[str] = mapped_column(String(3))
    stock: Mapped[int | None] = mapped_column(Integer)
    """Units on hand; None when unknown. Reservations are not taken off here."""
    image_url: Mapped[str] = mapped_column(Text, default="")
    url: Mapped[str] = mapped_column(Text, default="")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revision: Mapped[int] = mapped_column(BigId, default=0, server_default="0", index=True)
    """The catalog's revision that last changed it: what a search has to read again."""


class Reservation(Base):
    """Units of a product held for one conversation, apart from its stock."""

    __tablename__ = "reservation"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    product_id: Mapped[int] = mapped_column(
        ForeignKey("product.id", ondelete="CASCADE"), index=True
    )
    conversation_id: Mapped[int] = mapped_column(BigId, index=True)
    quantity: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ProductTerms(Base):
    """The index terms of one product with their weights, as `segment.terms_to_text` writes them."""

    __tablename__ = "product_terms"

    product_id: Mapped[int] = mapped_column(
        ForeignKey("product.id", ondelete="CASCADE"), primary_key=True
    )
    terms: Mapped[str] = mapped_column(Text)


class CatalogRevision(Base):
    """One row that every change of products or facts raises, so that caches know they are old."""

    __tablename__ = "catalog_revision"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    revision: Mapped[int] = mapped_column(BigId, default=0)
    index_mark: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """Of the rules and synonyms by which the stored terms were made."""
    removed: Mapped[int] = mapped_column(BigId, default=0, server_default="0")
    """The revision that last removed a product, which leaves no row to find the change by."""
