"""Put the node in the menus: run with a GUI only. Nothing here may stop Nuke from starting."""

import sys

try:
    import nuke

    _menu = nuke.menu("Nodes").addMenu("HDRvid")
    _menu.addCommand("HDRvidExpand", "import hdrvid_nuke.node; hdrvid_nuke.node.create()")
except Exception as error:  # noqa: BLE001 - whatever it is, Nuke starts
    print(f"HDRvid: no menu ({error})", file=sys.stderr)  # noqa: T201 - says nothing where there is no stderr
