"""Find and load the OCIO config of a job."""

from __future__ import annotations

import difflib
import functools
import hashlib
import importlib.resources
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import PyOpenColorIO as ocio  # noqa: N813 - the name that the library goes by

from hdrvid.errors import ColourSpaceError

BUILT_IN = "ocio://studio-config-v2.2.0_aces-v1.3_ocio-v2.4"
"""The config of a job that names none. It is pinned, since `ocio://default` changes with the library, and a
studio config, since the cg configs lack the camera curve of Rec.709."""

OWN_NAME = "hdrvid"
"""The name by which `--ocio-config` asks for the project's own config."""

ConfigOrigin = Literal["option", "$OCIO", "built-in"]

OCIO_ERRORS = (ocio.Exception, ocio.ExceptionMissingFile)
"""What OCIO raises; in Python the second does not inherit the first."""

_BUILT_IN_PREFIX = "ocio://"
_ALL_KINDS = (ocio.SEARCH_REFERENCE_SPACE_ALL, ocio.COLORSPACE_ALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourConfig:
    """Hold an OCIO config with the name that finds it again.

    `name` is a full `ocio://` name, a path or `hdrvid`; `origin` tells who named it. `cache_id` identifies
    the content: the config's text and every file that it refers to, wherever it lies and whenever it was
    loaded. `handle` is OCIO's own object, for this room only.

    >>> open_config("hdrvid").find("lin_rec709")
    'Linear Rec.709 (sRGB)'
    """

    name: str
    origin: ConfigOrigin
    cache_id: str
    handle: Any = field(repr=False, compare=False)

    def find(self, name: str) -> str | None:
        """Return the full name of a colour space, asked for by name, alias or role; None if there is none.

        >>> own_config().find("lin_ap1"), own_config().find("no such space")
        ('ACEScg', None)
        """
        space = self.handle.getColorSpace(name)
        return None if space is None else str(space.getName())

    def space(self, name: str, *, option: str) -> str:
        """Return the full name of a colour space that has to be there.

        `option` is the flag that named it. Raises `ColourSpaceError` with the nearest names.

        >>> own_config().space("lin_rec709", option="--output-space")
        'Linear Rec.709 (sRGB)'
        >>> own_config().space("ACESgc", option="--output-space")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        hdrvid.errors.ColourSpaceError: colour space 'ACESgc' (--output-space): ... Did you mean 'ACEScg'...
        """
        found = self.find(name) if name else None
        if found is None:
            message = (
                f"colour space '{name}' ({option}): not in the OCIO config {self.name}, expected a name, an "
                f"alias or a role of it. {self._nearest(name)}"
            )
            raise ColourSpaceError(message)
        return found

    def names(self) -> tuple[str, ...]:
        """Return the full names of all colour spaces, in the config's order.

        >>> "ACEScg" in own_config().names()
        True
        """
        return tuple(str(name) for name in self.handle.getColorSpaceNames(*_ALL_KINDS))

    def _nearest(self, name: str) -> str:
        known = {word.lower(): word for word in self._words()}
        near = difflib.get_close_matches(name.lower(), known, n=4, cutoff=0.5)
        full = dict.fromkeys(self.find(known[word]) for word in near)
        if full:
            return "Did you mean " + " or ".join(f"'{word}'" for word in full) + "?"
        return "Known are, among others: " + ", ".join(self.names()[:8]) + "."

    def _words(self) -> Iterator[str]:
        for name in self.names():
            yield name
            yield from self.handle.getColorSpace(name).getAliases()
        yield from (role for role, _ in self.handle.getRoles())


def open_config(name: str | None = None) -> ColourConfig:
    """Load the OCIO config of a job: the one named, else `$OCIO`, else the pinned built-in.

    `name` is a file, `ocio://NAME`, or `hdrvid` for the project's own config. A config that is missing or
    cannot be read raises `ColourSpaceError`, whoever named it: a job never falls back to another config.

    >>> open_config("ocio://cg-config-latest").name.startswith("ocio://cg-config-v")
    True
    """
    origin: ConfigOrigin = "option"
    if not name:
        # Config.CreateFromEnv is of no use: without $OCIO it gives a config that knows one space, 'raw'.
        name, origin = os.environ.get("OCIO", ""), "$OCIO"
    if not name:
        name, origin = BUILT_IN, "built-in"
    return _load(name, origin)


@functools.cache
def own_config() -> ColourConfig:
    """Return the project's own config: the dictionary by which spaces of other configs are recognised.

    >>> own_config().name, own_config() is own_config()
    ('hdrvid', True)
    """
    return _load(OWN_NAME, "built-in")


def _load(name: str, origin: ConfigOrigin) -> ColourConfig:
    if name.startswith(_BUILT_IN_PREFIX):
        return _load_built_in(name, origin)
    path = _own_path() if name == OWN_NAME else Path(name).expanduser()
    try:
        content = path.read_bytes()
        handle = ocio.Config.CreateFromFile(str(path))
    except (OSError, *OCIO_ERRORS) as error:
        reason = " ".join(str(error).split())
        raise ColourSpaceError(_unreadable(name, origin, reason)) from error
    shown = name if name == OWN_NAME else str(path)
    return ColourConfig(name=shown, origin=origin, cache_id=_identity(content, handle), handle=handle)


def _load_built_in(name: str, origin: ConfigOrigin) -> ColourConfig:
    try:
        handle = ocio.Config.CreateFromFile(name)
    except OCIO_ERRORS as error:
        known = [row[0] for row in ocio.BuiltinConfigRegistry().getBuiltinConfigs()]
        near = difflib.get_close_matches(name, [_BUILT_IN_PREFIX + word for word in known], n=1, cutoff=0)
        message = (
            f"OCIO config {name} ({_by(origin)}): not one of those in OpenColorIO {ocio.__version__}, "
            f"expected a built-in name. Did you mean {near[0]}?"
        )
        raise ColourSpaceError(message) from error
    # 'default' and 'latest' move with the library: keep what they mean today
    full = _BUILT_IN_PREFIX + handle.getName()
    return ColourConfig(name=full, origin=origin, cache_id=_identity(full.encode(), handle), handle=handle)


def _own_path() -> Path:
    return Path(str(importlib.resources.files("hdrvid.colour") / "data" / "hdrvid.ocio"))


def _by(origin: ConfigOrigin) -> str:
    return "--ocio-config" if origin == "option" else origin


def _unreadable(name: str, origin: ConfigOrigin, reason: str) -> str:
    return (
        f"OCIO config {name} ({_by(origin)}): cannot be loaded ({reason}), expected an OCIO config file. "
        f"Correct the path, or use {BUILT_IN} or {OWN_NAME}."
    )


def _identity(content: bytes, handle: Any) -> str:  # noqa: ANN401 - a PyOpenColorIO.Config
    """Hash the config and the files that it refers to.

    OCIO's own getCacheID looks at the files' times and so differs from machine to machine.
    """
    digest = hashlib.blake2b(content, digest_size=16)
    context = handle.getCurrentContext()
    for source in sorted(set(_files(_transforms(handle)))):
        digest.update(source.encode())
        try:
            digest.update(Path(context.resolveFileLocation(source)).read_bytes())
        except (OSError, *OCIO_ERRORS):
            digest.update(b"missing")  # an error only where a job's own transform needs it
    return digest.hexdigest()


def _transforms(handle: Any) -> Iterator[Any]:  # noqa: ANN401
    to_reference, from_reference = ocio.COLORSPACE_DIR_TO_REFERENCE, ocio.COLORSPACE_DIR_FROM_REFERENCE
    for space in handle.getColorSpaces(*_ALL_KINDS):
        yield space.getTransform(to_reference)
        yield space.getTransform(from_reference)
    for view in handle.getViewTransforms():
        yield view.getTransform(ocio.VIEWTRANSFORM_DIR_TO_REFERENCE)
        yield view.getTransform(ocio.VIEWTRANSFORM_DIR_FROM_REFERENCE)
    for look in handle.getLooks():
        yield look.getTransform()
        yield look.getInverseTransform()


def _files(transforms: Iterable[Any]) -> Iterator[str]:
    for transform in transforms:
        if isinstance(transform, ocio.FileTransform):
            yield transform.getSrc()
        elif isinstance(transform, ocio.GroupTransform):
            yield from _files(transform)
