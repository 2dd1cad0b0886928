"""An app that needs a package nobody installed."""

import azure.durable_functions as df
import surely_not_installed

app = df.DFApp()
surely_not_installed.register(app)
