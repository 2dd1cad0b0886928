"""Entities: small pieces of state with a name, changed by one operation at a time.

The functions are in two blueprints: `counters` (an entity used over HTTP) and `stations` (an entity that sums
up sensor readings, used over HTTP and by an orchestration).
"""

import azure.durable_functions as df
import azure.functions as func

from counters import counters
from stations import stations

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)
app.register_functions(counters)
app.register_functions(stations)
