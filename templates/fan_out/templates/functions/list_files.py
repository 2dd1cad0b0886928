{% from 'model.jinja' import def_name with context -%}
def {{ def_name('list_files') }}(directory: str) -> list[str]:
    """The files below a folder."""
    return list_paths(directory)
