"""Pages of the documents, as text."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def read(name: str) -> str:
    """A file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def known_citations() -> list[str]:
    """Keys of the works in docs/references.bib."""
    return re.findall(r"^@\w+\{([^,\s]+),", read("docs/references.bib"), re.MULTILINE)


def code_blocks(text: str, language: str) -> list[str]:
    """What stands in the code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def without_code_blocks(text: str) -> str:
    """A page without any code blocks."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
