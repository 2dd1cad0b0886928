{% from 'model.jinja' import def_name with context -%}
def {{ def_name('measure_file') }}(file: FileToMeasure) -> Measure | Unreadable:
    """Bytes, lines and SHA-256 of one file. An activity takes one argument, so two travel as a dict."""
    return measure(file)
