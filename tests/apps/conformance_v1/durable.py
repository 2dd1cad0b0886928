"""The entry points of every orchestrator, activity and entity: each ``function.json`` names one of them."""

import azure.durable_functions as df
from shared import activities, composing, entities, failing, waiting

ORCHESTRATORS = [
    *composing.ORCHESTRATORS,
    composing.renamed_orchestrator,
    *failing.ORCHESTRATORS,
    *waiting.ORCHESTRATORS,
    *entities.ORCHESTRATORS,
]

globals().update({body.__name__: df.Orchestrator.create(body) for body in ORCHESTRATORS})
globals().update({body.__name__: df.Entity.create(body) for body in entities.ENTITIES})
globals().update({body.__name__: body for body in [*activities.ACTIVITIES, activities.renamed_activity]})
