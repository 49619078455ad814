"""What every room stands on; holds no business word."""
