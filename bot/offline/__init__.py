"""The parts of an answer given without an AI: products, facts and the sentences around them."""
