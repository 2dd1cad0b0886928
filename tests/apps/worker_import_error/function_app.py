"""An app whose helper fails while it is imported."""

import azure.durable_functions as df
import helper

app = df.DFApp()
helper.register(app)
