{% from 'model.jinja' import def_name with context -%}
def {{ def_name('say_hello') }}(name: str) -> str:
    """Greet one city. An activity may do what an orchestrator must not: I/O, clocks, random numbers."""
    return greet(name)
