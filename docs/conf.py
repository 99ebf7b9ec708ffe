"""The documentation as a site: ``nox -s docs`` builds it into ``docs/build/html``, and the manual page into ``docs/build/man``.

Sphinx with MyST: the pages stay the Markdown files that a forge shows, autodoc and sphinx-click read the program itself, and
MyST-NB runs the notebooks, which are Markdown files too. The source folder is the whole checkout, so that a link between two
files means the same in both places.
"""

from __future__ import annotations

from pygments.lexers.special import TextLexer
from sphinx.highlighting import lexers

from pipeline import __version__

lexers["csv"] = TextLexer()  # Pygments has none for it

project = "obelix-curate"
author = "The obelix-curate developers"
project_copyright = "2026, the obelix-curate developers"
version = release = __version__

root_doc = "docs/index"
include_patterns = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/*.md", "docs/notebooks/*.md", "models/*.md"]
exclude_patterns = ["**/.*", "**/build", "curated", "raw/downloads"]
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4

nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_execution_timeout = 1800  # seconds a cell; on a quiet machine no cell takes more than twenty
nb_merge_streams = True

autodoc_member_order = "bysource"
autodoc_typehints = "description"
napoleon_google_docstring = False

html_theme = "furo"
html_title = f"obelix-curate {version}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_additional_pages = {"index": "start.html"}
highlight_language = "text"
templates_path = ["templates"]

man_pages = [("docs/commands", "obelix-curate", "curate, check and release OBELiX, the dataset of lithium solid electrolytes", author, 1)]
man_show_urls = True
