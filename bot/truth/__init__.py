"""Parts of the truth check: a reply is read, its claims are held against the prompt."""
