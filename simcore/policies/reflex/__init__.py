"""The floor that needs no diagnosis: fixed plans, found by search, and the matrix of single fixes."""
