"""Deaths of workers are counted apart from faults of a turn."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the count. What was counted so far may have been either, and costs nobody a try; the
    older code beside this one still counts down what it holds."""
    op.add_column(
        "conversation", sa.Column("deaths", sa.Integer(), nullable=False, server_default="0")
    )
    op.execute("UPDATE conversation SET failures = 0 WHERE failures > 0 AND lease_owner IS NULL")
