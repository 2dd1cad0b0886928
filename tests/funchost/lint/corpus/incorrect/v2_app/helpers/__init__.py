from .stamps import stamp
