"""What the owner has to know, and the notices on their way to the owner."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create their tables."""
    op.create_table(
        "alarm",
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("clear_at", UtcDateTime(), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.Column("recovered_at", UtcDateTime(), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("cause", "subject", name=op.f("pk_alarm")),
    )
    op.create_table(
        "owner_notice",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("way", sa.String(length=20), nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("recovered_at", UtcDateTime(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owner_notice")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("owner_notice")
    op.drop_table("alarm")
