"""Customer words enter, what they ask the catalog for leaves; names are read by the same rules."""
