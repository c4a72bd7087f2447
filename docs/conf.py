"""How the documentation is built: `make docs`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

import generate
from pydantic import BaseModel

import euthymia
from euthymia.report.tokens import TOKENS

project = "Euthymia"
author = copyright = "The Euthymia maintainers"
version = release = euthymia.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["attrs_inline", "colon_fence"]
myst_heading_anchors = 3
# Tables that another page includes.
exclude_patterns = ["_build", "reference/generated/event-*.md"]
default_role = "code"
smartquotes = False

autodoc_typehints = "none"
autodoc_preserve_defaults = True
add_module_names = False
autodoc_member_order = "bysource"
napoleon_google_docstring = False
# What is returned is said in a sentence.
napoleon_custom_sections = ["Returns"]

# Notebooks run in every build: what they show is what this version computes.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 600
nb_merge_streams = True

html_theme = "furo"
html_title = f"Euthymia {version}"
html_static_path = ["_static"]
html_css_files = ["euthymia.css"]
html_show_sphinx = False
html_copy_source = False
# System fonts and no address outside this site: pages can be read without a network.
GROUNDS = {
    "color-background-primary": "paper",
    "color-background-secondary": "wash",
    "color-background-border": "line",
    "color-foreground-primary": "ink",
    "color-foreground-secondary": "soft",
    "color-foreground-muted": "soft",
    "color-brand-primary": "accent",
    "color-brand-content": "accent",
    "color-brand-visited": "accent",
    "color-api-name": "accent",
    "color-api-pre-name": "soft",
    **{f"badge-{word}": f"badge-{word}" for word in ("read", "recalled", "assumed", "fitted")},
}
"""What the theme calls the colours that the report's pages and figures have too."""
html_theme_options = {
    "top_of_page_buttons": [],
    "light_css_variables": {name: TOKENS[token].light for name, token in GROUNDS.items()},
    "dark_css_variables": {name: TOKENS[token].dark for name, token in GROUNDS.items()},
}


def fields_by_name(app, what, name, value, options, signature, returned):
    """The signature of a checked record: names of its fields, whose annotations are checks that say nothing to a reader."""
    if what == "class" and issubclass(value, BaseModel):
        return f"({', '.join(value.model_fields)})", returned


def setup(app):
    """Write the generated pages before sources are read."""
    app.connect("autodoc-process-signature", fields_by_name)
    app.connect("builder-inited", lambda app: generate.write(Path(app.srcdir) / "reference" / generate.FOLDER, generate.pages()))
