{% from 'model.jinja' import client, http_def with context -%}
{{ http_def('reset') }}
    """Signal `reset`, an operation without input."""
    {{ client() -}}
    return await signal_counter(req, client, "reset")
