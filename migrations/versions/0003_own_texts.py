"""Texts the shop wrote itself, each change a version of its own."""

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "own_text",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", "version", name=op.f("pk_own_text")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("own_text")
