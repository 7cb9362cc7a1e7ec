"""Settings of all tests."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path.append(str(Path(__file__).parent))  # import-mode=importlib adds no folder: `programs` would not be found

# A machine that is busy makes single examples slow; how fast things are is measured elsewhere.
settings.register_profile("streams", deadline=None)
settings.load_profile("streams")
