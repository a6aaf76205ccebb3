"""Offer the library as commands: parse, call one function, print."""
