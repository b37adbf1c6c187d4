"""Secrets out of text of others: a log line or a setting may carry what nobody should read."""

import re

HIDDEN = "[redacted]"
_NAMES = r"pass(?:word|wd|phrase)?|secret|token|(?:api|access|private)[_-]?key|credentials?|authorization|dsn"
_SECRET_NAME = re.compile(rf"(?:^|[_.-])(?:{_NAMES})(?:$|[_.-])", re.IGNORECASE)
_ASSIGNED = rf"""((?:{_NAMES})["']?\s*[=:]\s*["']?)(?!bearer\b|basic\b)[^\s"',;&]+"""
# Strangers write the lines: a pattern that may begin anywhere would search a long one for minutes.
_PATTERNS = (
    (re.compile(r"(://[^\s/:@]*):[^\s/@]+@"), rf"\1:{HIDDEN}@"),
    (re.compile(r"\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (re.compile(_ASSIGNED, re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"\beyJ[\w-]{8,}+\.[\w-]{8,}+\.[\w-]*"), HIDDEN),
    (re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"), HIDDEN),
    (re.compile(r"\b(?:gh[pousr]|xox[abprs]|sk|glpat)[-_][A-Za-z0-9_-]{16,}"), HIDDEN),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL), HIDDEN),
)


def redacted(text: str) -> str:
    """Without passwords of URLs, bearer tokens, values of names such as `password`, and keys of known forms."""
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def redacted_value(name: str, value: str) -> str:
    """A setting's value; of one whose name says that it is a secret, nothing."""
    return HIDDEN if _SECRET_NAME.search(name) else redacted(value)
