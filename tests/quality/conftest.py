"""Helpers next to the tests can be imported."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # import-mode=importlib adds no folder: `gold_report` would not be found
