"""Makes the made-up events importable."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # import-mode=importlib adds no folder: `feed_events` would not be found
