"""What people and programs open in a browser or call by HTTP."""
