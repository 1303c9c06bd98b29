"""Time limits of searches."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Deadline:
    """A moment in this process's processor time, which other processes do not use up.

    >>> Deadline().passed, Deadline.after(0.0).passed
    (False, True)
    """

    end: float = math.inf

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """Return a deadline so many seconds of processor time from now."""
        return cls(time.process_time() + seconds)

    @property
    def passed(self) -> bool:
        """Return whether the search must end."""
        return time.process_time() >= self.end


NEVER = Deadline()
