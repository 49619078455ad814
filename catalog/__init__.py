"""The shop's products: what they are, how words find them, how files bring them in and out."""
