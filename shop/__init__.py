"""What the shop says about itself: hours, delivery, payment, returns, branches."""
