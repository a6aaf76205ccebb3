"""Training of the generator: its data, its losses, its loop."""
