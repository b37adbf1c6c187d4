"""What can go wrong around an episode; whether trying again may help is in the type."""


class EpisodeError(Exception):
    """Base: the episode gave no outcome at all."""


class EpisodeLostError(EpisodeError):
    """The process that played it died, crashed or hung; playing again may help."""


class EpisodeRefusedError(EpisodeError):
    """The request cannot be played, for example an unknown scenario; playing again gives the same."""


class EpisodeParkedError(EpisodeError):
    """It waited for a person longer than a process is kept for that; it is begun anew once the person has decided."""
