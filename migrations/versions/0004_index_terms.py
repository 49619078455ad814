"""Index terms stand with their product, and its changes can be followed."""

import sqlalchemy as sa
from alembic import op

from core.database import BigId as BIG_ID

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Terms are computed anew at the next start: the mark of the index is empty."""
    op.create_table(
        "product_terms",
        sa.Column("product_id", BIG_ID, nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["product.id"],
            name=op.f("fk_product_terms_product_id_product"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_product_terms")),
    )
    op.add_column("product", sa.Column("revision", BIG_ID, nullable=False, server_default="0"))
    op.create_index(op.f("ix_product_revision"), "product", ["revision"], unique=False)
    op.add_column(
        "catalog_revision",
        sa.Column("index_mark", sa.String(length=64), nullable=False, server_default=""),
    )
    op.add_column(
        "catalog_revision", sa.Column("removed", BIG_ID, nullable=False, server_default="0")
    )
    op.drop_table("posting")


def downgrade() -> None:
    """Go back to postings, empty: products must be removed and imported anew to be found."""
    op.create_table(
        "posting",
        sa.Column("term", sa.String(length=80), nullable=False),
        sa.Column("product_id", BIG_ID, nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["product.id"],
            name=op.f("fk_posting_product_id_product"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("term", "product_id", name=op.f("pk_posting")),
    )
    op.create_index(op.f("ix_posting_product_id"), "posting", ["product_id"], unique=False)
    op.drop_column("catalog_revision", "removed")
    op.drop_column("catalog_revision", "index_mark")
    op.drop_index(op.f("ix_product_revision"), "product")
    op.drop_column("product", "revision")
    op.drop_table("product_terms")
