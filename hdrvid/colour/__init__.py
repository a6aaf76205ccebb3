"""Turn a plate's code values into scene-linear light, through OpenColorIO."""

from hdrvid.colour.config import BUILT_IN, ColourConfig, open_config
from hdrvid.colour.display import DisplayView, resolve_display
from hdrvid.colour.path import ColourPath, linear_rec709_path, resolve_path
from hdrvid.colour.spaces import PRIMARIES, SourceSpace, source_space

__all__ = [
    "BUILT_IN",
    "PRIMARIES",
    "ColourConfig",
    "ColourPath",
    "DisplayView",
    "SourceSpace",
    "linear_rec709_path",
    "open_config",
    "resolve_display",
    "resolve_path",
    "source_space",
]
