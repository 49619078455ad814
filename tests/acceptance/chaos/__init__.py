"""A seed enters; a shop lives through all faults it names, and the verdict leaves."""
