"""Nothing enters; what every start of the shop computes leaves, once for all processes forked."""

from bot.reading.phrases import phrase_book

phrase_book()
