"""Judged queries and scripted talks enter, what the shop really answers to them leaves, judged."""
