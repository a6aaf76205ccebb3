"""Know Nuke: the one room of the plug-in, beside the menu, that imports `nuke`.

The rest is plain Python. Here the knobs of a node become an order for it, and what comes back becomes knobs
again. Functions that touch the tree run in the main thread. The names below are what menus, buttons and
scripts call; buttons of saved scripts call them too, so they stay.
"""

from __future__ import annotations

from hdrvid_nuke.node.build import build, create
from hdrvid_nuke.node.buttons import changed, farm, press
from hdrvid_nuke.node.frames import reload
from hdrvid_nuke.node.runs import cancel, execute, expand

__all__ = ["build", "cancel", "changed", "create", "execute", "expand", "farm", "press", "reload"]
