"""What the contract calls an error, beside the words of Python, PostgreSQL and OpenSSL for it."""

import errno

import psycopg
from psycopg import errors

from praetor.sites.demo.names import CouldNotResolveError
from praetor.sites.demo.pool import PoolExhaustedError


def contract_words(problem: Exception) -> str:
    """A line to add, or "" when the error says it in these words itself."""
    if isinstance(problem, MemoryError):
        return "OutOfMemoryError: heap space"
    if isinstance(problem, errors.LockNotAvailable | errors.QueryCanceled):
        return "Lock wait timeout exceeded"
    if isinstance(problem, CouldNotResolveError):
        return f"could not resolve host: {str(problem).partition(':')[0]}"
    if isinstance(problem, PoolExhaustedError):
        return "pool exhausted"
    if isinstance(problem, psycopg.OperationalError) and "too many connections" in str(problem):
        return "pool exhausted: the database takes no more connections"
    if isinstance(problem, OSError) and problem.errno == errno.ENOSPC:
        return "No space left on device"
    return ""
