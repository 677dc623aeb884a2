"""What all tests share."""

from hypothesis import settings

# machines are shared and noisy: no example has a time limit, and none is kept on the disk
settings.register_profile("ondol", deadline=None, database=None)
settings.load_profile("ondol")
