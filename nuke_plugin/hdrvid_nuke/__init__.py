"""Show hdrvid in Nuke: a node that expands its input in a process of its own.

Only the room `node` imports `nuke`; every other module is plain Python that runs under any interpreter.
Nothing here imports hdrvid, torch or numpy: a library of theirs inside Nuke can break Nuke's own nodes.
"""

VERSION = "0.1.0"
"""The version of this plug-in; that of the command is checked by the protocol of its events."""
