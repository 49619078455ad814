"""Companies whose language models can answer: one file each, found by the registry."""
