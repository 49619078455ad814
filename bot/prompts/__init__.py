"""What a prompt is made of, part by part; `bot.prompt` puts the parts together."""
