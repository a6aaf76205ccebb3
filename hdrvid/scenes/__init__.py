"""HDR scenes, virtual cameras inside them, and the one simulation of a camera that turns HDR into SDR."""
