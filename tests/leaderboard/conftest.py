"""What this room's tests borrow: the linear world of evaluation, the planted ones of planning."""

import sys
from pathlib import Path

for room in ("evaluation", "planning"):
    sys.path.append(str(Path(__file__).parents[1] / room))
