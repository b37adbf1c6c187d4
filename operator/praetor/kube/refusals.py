"""What the API server's refusals mean to us."""

import httpx

from simcore.errors import (
    AlreadyExistsError,
    ConflictError,
    DeniedError,
    InvalidObjectError,
    NotFoundError,
    StoreError,
    UnavailableError,
)

TOO_MANY_REQUESTS = 429
_LONGEST_WORDS = 500
_BY_STATUS: dict[int, type[StoreError]] = {
    400: InvalidObjectError,
    401: DeniedError,
    403: DeniedError,
    404: NotFoundError,
    405: InvalidObjectError,
    409: ConflictError,
    410: ConflictError,
    413: InvalidObjectError,
    415: InvalidObjectError,
    422: InvalidObjectError,
}


def refusal(response: httpx.Response) -> StoreError:
    """The error that an answer of 4xx or 5xx stands for, with the server's own words."""
    status = _status_object(response)
    words = status.get("message") or response.text[:_LONGEST_WORDS]
    text = f"{response.request.method} {response.request.url.path}: {response.status_code} {words}"
    if status.get("reason") == "AlreadyExists":
        return AlreadyExistsError(text)
    if response.status_code in _BY_STATUS:
        return _BY_STATUS[response.status_code](text)
    return UnavailableError(text, retry_after_seconds=retry_after_seconds(response))


def retry_after_seconds(response: httpx.Response) -> float | None:
    """The API server sends seconds, never a date."""
    try:
        return max(0.0, float(response.headers["retry-after"]))
    except (KeyError, ValueError):
        return None


def _status_object(response: httpx.Response) -> dict[str, object]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
