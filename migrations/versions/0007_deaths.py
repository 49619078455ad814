"""Deaths of workers are counted apart from faults of a turn."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the count; conversations of processes with the older code begin at 0."""
    op.add_column(
        "conversation", sa.Column("deaths", sa.Integer(), nullable=False, server_default="0")
    )
