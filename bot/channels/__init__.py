"""Ways to reach a customer: one file each."""
