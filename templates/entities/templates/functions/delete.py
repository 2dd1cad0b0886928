{% from 'model.jinja' import client, http_def with context -%}
{{ http_def('delete') }}
    """Signal `delete`."""
    {{ client() -}}
    return await signal_counter(req, client, "delete")
