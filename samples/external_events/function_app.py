"""External events: orchestrations that wait for people, or for other programs.

The functions are in two blueprints: `approvals` (a person decides, or time runs out) and `gatherings`
(wait for all or any of several events).
"""

import azure.durable_functions as df
import azure.functions as func

from approvals import approvals
from gatherings import gatherings

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)
app.register_functions(approvals)
app.register_functions(gatherings)
