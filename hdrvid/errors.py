"""Name every failure that a caller can meet, as one family.

Each member also inherits the nearest built-in, so that `except FileNotFoundError` works as well as `except
HdrvidError`. A message has four parts, in this order: what, where (file, frame), what was expected, how to
mend it.

    HdrvidError
    ├── UsageError (ValueError)                     the call itself is wrong: exit status 2
    │   ├── OptionError                             an option's value is not allowed
    │   ├── FrameRangeError                         frames that cannot be read, or none of them in the plate
    │   ├── PlateNotFound (FileNotFoundError)       the named plate does not exist
    │   ├── ColourSpaceError (LookupError)          a colour space or config that is not there or does not fit
    │   └── OutputConflict (FileExistsError)        frames of another job lie in the way
    ├── PlateError (ValueError)                     the plate exists, and cannot be used: exit status 1
    │   ├── PlateTruncated                          it ends before it says it does
    │   └── NotSdr                                  PQ, HLG or another HDR signal
    ├── ShapeError (ValueError)                     an array of the wrong size or type
    ├── WeightsError (ValueError)                   a weights file that is broken, foreign or incomplete
    ├── DeviceError (RuntimeError)                  a device or a precision that this machine does not have
    ├── OutputError (OSError)                       a frame could not be written
    ├── NotFinite (ArithmeticError)                 the network returned NaN or infinity
    ├── Cancelled (RuntimeError)                    the caller asked the run to stop: exit status 130
    ├── DatasetError (ValueError)                   training data that cannot be used
    └── CheckpointError (ValueError)                a training checkpoint that cannot be used
"""

from __future__ import annotations

from typing import ClassVar


class HdrvidError(Exception):
    """Root of the family; `exit_status` is what the command ends with."""

    exit_status: ClassVar[int] = 1


class UsageError(HdrvidError, ValueError):
    """The call is wrong; the same call can never work."""

    exit_status = 2


class OptionError(UsageError):
    """An option has a value that it does not allow."""


class FrameRangeError(UsageError):
    """A frame range cannot be read, or holds no frame of the plate."""


class PlateNotFound(UsageError, FileNotFoundError):
    """The named plate does not exist."""


class ColourSpaceError(UsageError, LookupError):
    """A colour space or an OCIO config is missing or does not fit its use."""


class OutputConflict(UsageError, FileExistsError):
    """Frames that another job wrote lie where this one would write."""


class PlateError(HdrvidError, ValueError):
    """The plate exists, and cannot be decoded or used."""


class PlateTruncated(PlateError):
    """The plate ends before the length that it states.

    No EOFError: click takes that for Ctrl-D at a prompt, and swallows it.
    """


class NotSdr(PlateError):
    """The plate carries PQ, HLG or another HDR signal."""


class ShapeError(HdrvidError, ValueError):
    """An array has a size or a type that the call does not take."""


class WeightsError(HdrvidError, ValueError):
    """A weights file is broken, foreign or lacks a part that the call needs."""


class DeviceError(HdrvidError, RuntimeError):
    """A device or a precision is asked for that this machine does not have."""


class OutputError(HdrvidError, OSError):
    """A frame could not be written."""


class NotFinite(HdrvidError, ArithmeticError):
    """The network returned NaN or infinity."""


class Cancelled(HdrvidError, RuntimeError):
    """The caller asked the run to stop; the frames written so far are whole."""

    exit_status = 130


class DatasetError(HdrvidError, ValueError):
    """Training data cannot be used."""


class CheckpointError(HdrvidError, ValueError):
    """A training checkpoint cannot be used."""
