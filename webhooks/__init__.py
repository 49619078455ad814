"""Where a channel's requests come in: verified, parsed, stored, acknowledged."""
