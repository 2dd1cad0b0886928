"""How the pages of this folder become a site: `nox -s docs`."""

from __future__ import annotations

import funchost

project = "Durable Functions templates and funchost"
html_title = "Durable Functions templates for Python"
author = "the authors of this repository"
copyright = "the authors of this repository"
version = release = funchost.__version__

extensions = [
    "myst_parser",
    "scaffolding.site.navigation",
    "scaffolding.site.outside",
    "scaffolding.site.diagrams",
]
exclude_patterns = ["_build"]
myst_heading_anchors = 4  # the same anchors as on GitHub
myst_links_external_new_tab = False
suppress_warnings = ["misc.highlighting_failure"]  # JSON and Python with an ellipsis in them

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": True, "top_of_page_buttons": []}
pygments_style = "friendly"
pygments_dark_style = "github-dark"
