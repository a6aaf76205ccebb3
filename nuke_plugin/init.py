"""Make the plug-in known to Nuke: run in every mode, also in `nuke -t` and on a farm.

Install with one line in ~/.nuke/init.py, `nuke.pluginAddPath("/path/to/nuke_plugin")`, or put the folder on
NUKE_PATH. Nothing here may stop Nuke from starting.
"""

import os
import sys

try:
    _folder = os.path.dirname(os.path.abspath(__file__))
    if _folder not in sys.path:
        sys.path.append(_folder)
except Exception as error:  # noqa: BLE001 - whatever it is, Nuke starts
    print(f"HDRvid: not loaded ({error})", file=sys.stderr)  # noqa: T201 - says nothing where there is no stderr
