"""The flat form becomes IncidentScenarios, each proved by playing it; and the tables that document both."""
