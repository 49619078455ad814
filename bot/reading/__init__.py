"""What a customer wrote enters; its language, intents and wishes leave."""
