"""The conversation: accept a message, answer it truly, deliver the answer once."""
