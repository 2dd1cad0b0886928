import azure.durable_functions as df  # an orchestrator that cannot be parsed

def half(context:  # expect: DF000
