"""Evaluate Nuke's expressions, as far as the node uses them, in 32-bit float as the reference guide says.

Documented at learn.foundry.com, "Expression": C-like operators, channels and knobs by their names, a blank
expression is zero, all maths with 32-bit floating point numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

Lookup = Callable[[str], Any]

_TOKEN = re.compile(r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?)|([A-Za-z_][\w.]*)|(&&|\|\||[<>=!]=|[-+*/<>?:(),!]))")
_LEVELS = (("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/"))
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "||": lambda a, b: np.float32((a != 0) | (b != 0)),
    "&&": lambda a, b: np.float32((a != 0) & (b != 0)),
    "==": lambda a, b: np.float32(a == b),
    "!=": lambda a, b: np.float32(a != b),
    "<": lambda a, b: np.float32(a < b),
    ">": lambda a, b: np.float32(a > b),
    "<=": lambda a, b: np.float32(a <= b),
    ">=": lambda a, b: np.float32(a >= b),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: np.divide(a, np.where(b == 0, np.float32(1), b)),
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": lambda *values: np.minimum.reduce(np.broadcast_arrays(*values)),
    "max": lambda *values: np.maximum.reduce(np.broadcast_arrays(*values)),
    "pow": lambda a, b: np.float32(np.power(np.float32(a), np.float32(b))),
}


def evaluate(text: str, lookup: Lookup) -> Any:
    """Return the value of an expression; `lookup` gives names their values, and raises KeyError.

    >>> evaluate("parent.a > 1 ? min(3, 2) : -1", {"parent.a": np.float32(4)}.__getitem__)
    np.float32(2.0)
    """
    if not text.strip():
        return np.float32(0)
    parser = _Parser(tokens(text), lookup)
    value = parser.ternary()
    assert parser.at_end(), f"left over in {text!r}: {parser.rest()}"
    return value


def tokens(text: str) -> list[str]:
    """Split an expression."""
    found, place = [], 0
    while place < len(text.rstrip()):
        match = _TOKEN.match(text, place)
        assert match is not None, f"no expression of Nuke's: {text[place:]!r} in {text!r}"
        found.append(match.group().strip())
        place = match.end()
    return found


def names(text: str) -> set[str]:
    """Return the channels and knobs that an expression names."""
    words = tokens(text)
    after = [*words[1:], ""]
    return {w for w, n in zip(words, after, strict=True) if w[0].isalpha() or w[0] == "_" if n != "("}


class _Parser:
    def __init__(self, words: list[str], lookup: Lookup) -> None:
        self._words, self._place, self._lookup = words, 0, lookup

    def at_end(self) -> bool:
        return self._place == len(self._words)

    def rest(self) -> list[str]:
        return self._words[self._place :]

    def _next(self) -> str:
        return "" if self.at_end() else self._words[self._place]

    def _take(self, word: str) -> None:
        assert self._next() == word, f"expected {word!r} before {self.rest()}"
        self._place += 1

    def ternary(self) -> Any:
        value = self._binary(0)
        if self._next() != "?":
            return value
        self._take("?")
        yes = self.ternary()
        self._take(":")
        return np.where(value != 0, yes, self.ternary())[()]

    def _binary(self, level: int) -> Any:
        if level == len(_LEVELS):
            return self._unary()
        value = self._binary(level + 1)
        while self._next() in _LEVELS[level]:
            operator = self._next()
            self._place += 1
            value = _OPERATORS[operator](value, self._binary(level + 1))
        return value

    def _unary(self) -> Any:
        word = self._next()
        self._place += 1
        if word == "-":
            return -self._unary()
        if word == "!":
            return np.float32(self._unary() == 0)
        if word == "(":
            value = self.ternary()
            self._take(")")
            return value
        if word[0].isdigit():
            return np.float32(word)
        return self._call(word) if self._next() == "(" else self._lookup(word)

    def _call(self, name: str) -> Any:
        self._take("(")
        arguments = [self.ternary()]
        while self._next() == ",":
            self._take(",")
            arguments.append(self.ternary())
        self._take(")")
        return FUNCTIONS[name](*arguments)
