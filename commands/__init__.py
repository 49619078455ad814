"""The commands of `cli.py`: each a thin call into a room, and the words around it."""
