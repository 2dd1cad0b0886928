import azure.durable_functions as df

from shared.flow import flow

main = df.Orchestrator.create(flow)
