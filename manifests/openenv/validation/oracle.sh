#!/bin/sh
# Plays the oracle's trajectory on the environment in this container (or at $1) and prints what it was paid.
exec python -m praetor.openenv.trajectory "$(dirname "$0")/oracle.json" "${1:-http://127.0.0.1:8000}"
