"""`python -m streams`: the same as the command `streams`."""

import sys

from streams.cli import main

sys.exit(main())
