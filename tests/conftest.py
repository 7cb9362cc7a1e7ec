"""Settings of all tests."""

from hypothesis import settings

# A machine that is busy makes single examples slow; how fast things are is measured elsewhere.
settings.register_profile("streams", deadline=None)
settings.load_profile("streams")
