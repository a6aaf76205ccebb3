"""Show scene-linear pictures through a display's view, for contact sheets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hdrvid.colour.config import ColourConfig, own_config
from hdrvid.colour.processors import processor_to_view, run
from hdrvid.errors import ColourSpaceError
from hdrvid.plate import Planes

_PLAIN_VIEW = ("sRGB - Display", "Un-tone-mapped")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DisplayView:
    """Turn scene-linear planes into code values of a display.

    Call it with `(3, H, W) float32`: it gives a new array of the same shape, code values in which 0 to 1 is
    what the display shows. Values beyond are kept; clip them where they become integers.
    """

    display: str
    view: str
    _transform: Any = field(repr=False)

    def __call__(self, planes: Planes) -> Planes:
        """Return the planes as the display shows them."""
        return run(self._transform, planes.copy())


def resolve_display(
    config: ColourConfig, space: str, *, display: str | None = None, view: str | None = None
) -> DisplayView:
    """Resolve the way from a scene-linear space of a config to a display's view.

    Without `display` it is a plain sRGB display with no tone mapping, the same whatever the config; with a
    `display` of the config and no `view`, that display's default view. Raises `ColourSpaceError` for a space,
    a display or a view that is not there.

    >>> import numpy as np
    >>> from hdrvid.colour import open_config
    >>> show = resolve_display(open_config(), "lin_rec709")
    >>> [round(float(code), 3) for code in show(np.full((3, 1, 1), 0.18, np.float32)).flat]
    [0.461, 0.461, 0.461]
    """
    name = config.space(space, option="space to show")
    if display is None and view is None:
        target, chosen = own_config(), _PLAIN_VIEW
    else:
        target, chosen = config, _view_of(config, display, view)
    transform = processor_to_view(config, name, target, chosen).getDefaultCPUProcessor()
    return DisplayView(display=chosen[0], view=chosen[1], _transform=transform)


def _view_of(config: ColourConfig, display: str | None, view: str | None) -> tuple[str, str]:
    displays = list(config.handle.getDisplays())
    shown = display or config.handle.getDefaultDisplay()
    _require(shown, displays, f"display '{shown}': not in the OCIO config {config.name}")
    views = list(config.handle.getViews(shown))
    name = view or config.handle.getDefaultView(shown)
    _require(name, views, f"view '{name}': not of the display '{shown}' in the OCIO config {config.name}")
    return shown, name


def _require(name: str, known: list[str], what: str) -> None:
    if name not in known:
        message = f"{what}, expected one of {', '.join(known)}. Name one of these."
        raise ColourSpaceError(message)
