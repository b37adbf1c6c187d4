"""A share as people write it."""


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"
