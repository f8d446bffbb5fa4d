# How Sphinx makes the site from the pages that build.py has written.
project, html_title, language = "playhead", "playhead", "en"
extensions = ["myst_parser", "sphinx_copybutton"]
html_theme, html_static_path, html_css_files = "furo", ["static"], ["style.css"]
html_copy_source, html_show_sphinx, html_show_copyright = False, False, False
myst_enable_extensions, myst_heading_anchors = ["attrs_inline", "attrs_block"], 3
python_maximum_signature_line_length = 100
add_module_names = False
toc_object_entries = False
copybutton_prompt_text, copybutton_prompt_is_regexp = r">>> |\.\.\. ", True
suppress_warnings = ["myst.header"]  # a breadcrumb stands above the title
smartquotes = False  # "[..., n]" stays as it is written
