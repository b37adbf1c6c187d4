"""The floor that a grep can reach: phrases of the alert and of all logs, mapped to service, class and fix."""
