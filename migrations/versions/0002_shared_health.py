"""What is known of providers is shared between processes and survives a restart."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of breakers and of replaced models."""
    op.create_table(
        "breaker_state",
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("open_until", UtcDateTime(), nullable=True),
        sa.Column("error_class", sa.String(length=20), nullable=False),
        sa.Column("windows", sa.JSON(), nullable=False),
        sa.Column("latencies_ms", sa.JSON(), nullable=False),
        sa.Column("probe_until", UtcDateTime(), nullable=True),
        sa.Column("probe_by", sa.String(length=64), nullable=False),
        sa.Column("mark", sa.String(length=16), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("provider", "model", name=op.f("pk_breaker_state")),
    )
    op.create_table(
        "model_replacement",
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("gone", sa.String(length=200), nullable=False),
        sa.Column("found", sa.String(length=200), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "gone", name=op.f("pk_model_replacement")),
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_table("model_replacement")
    op.drop_table("breaker_state")
