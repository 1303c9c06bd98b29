"""When a search must end."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Deadline:
    """A moment in this process's own time, which others on the machine do not use up.

    >>> Deadline().passed, Deadline.after(0.0).passed
    (False, True)
    """

    end: float = math.inf

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """So many seconds of processor time from now on."""
        return cls(time.process_time() + seconds)

    @property
    def passed(self) -> bool:
        """Whether the search must end."""
        return time.process_time() >= self.end


NEVER = Deadline()
