"""What the site needs beyond `docs/`.

Pages of the root are shown, not copied; decisions are listed by themselves; French pages are said
to be French.
"""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils.templates import TemplateContext

ROOT = Path(__file__).parents[1]
ROOT_PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
DECISIONS = "decisions/"


def on_config(config: MkDocsConfig) -> None:
    """Name each decision where the navigation has their folder."""
    records = sorted((ROOT / "docs" / DECISIONS).glob("0*.md"))
    pages = [f"{DECISIONS}index.md", *(DECISIONS + each.name for each in records)]
    for section in config.nav or []:
        for entry in [entry for entries in section.values() for entry in entries]:
            entry.update({title: pages for title, page in entry.items() if page == DECISIONS})


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add the pages of the root, their links seen from `docs/`."""
    for name in ROOT_PAGES:
        text = (ROOT / name).read_text(encoding="utf-8")
        text = re.sub(r'(\]\(|src=")docs/', r"\1", text)
        files.append(File.generated(config, name, content=text))


def on_page_context(_: TemplateContext, page: Page, config: MkDocsConfig, **_nav: object) -> None:
    """The words around a page, and what screen readers are told, are in its language."""
    config.theme["language"] = "fr" if page.file.src_uri.endswith(".fr.md") else "en"
