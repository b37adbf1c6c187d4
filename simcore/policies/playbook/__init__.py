"""The playbook: a state machine over symptoms, as an experienced engineer works. It reads observations only."""
