"""Products and concepts enter; the index of terms, kept in memory, says which fit and how well."""
