"""The colours of reports."""

INK = "#14171f"
QUIET = "#5a6272"
FAINT = "#9aa4b5"
RULE = "#e2e5eb"
SOFT = "#f4f5f8"
PAPER = "#ffffff"
NIGHT = "#1e1b4b"
ACCENT = "#4338ca"
ACCENT_SOFT = "#eef0ff"
GOOD, GOOD_SOFT = "#0b6b3a", "#dcf5e6"
WARN, WARN_SOFT = "#8a5a00", "#fdeecb"
BAD, BAD_SOFT = "#a3161f", "#fde3e4"

TONES = {"good": (GOOD, GOOD_SOFT), "warn": (WARN, WARN_SOFT), "bad": (BAD, BAD_SOFT), "quiet": (QUIET, SOFT)}
"""Ink and paper by tone."""
