"""Rules of what Caffe did at each time of its history and in each fork, beside the arithmetic of layers.

`find_era` gives it by the name of a release, a day or a dialect; `HISTORY`
is the table of what changed on BVLC's master, `FORKS` says when each fork
left it and what it does otherwise.
"""

from caffe_fillers.eras.alike import eras_alike
from caffe_fillers.eras.contract import Era
from caffe_fillers.eras.forks import FORKS, Fork
from caffe_fillers.eras.history import HISTORY, MASTER, RELEASES, Change, find_era

__all__ = ["FORKS", "HISTORY", "MASTER", "RELEASES", "Change", "Era", "Fork", "eras_alike", "find_era"]
