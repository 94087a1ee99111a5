"""Pages of HTML, taken apart."""

from typing import Any

from bs4 import BeautifulSoup


class Page:
    """A page: its tags and words, its cells by rows, and its tables by caption."""

    def __init__(self, text: str) -> None:
        soup = BeautifulSoup(text, "html.parser")
        self.tags = [(tag.name, tag.attrs) for tag in soup(True)]
        self.words = soup.get_text()
        self.tables = {t.caption.text: [_cells(row) for row in t("tr")] for t in soup("table") if t.caption}
        self.rows = [_cells(row) for row in soup("tr")]

    def all(self, tag: str) -> list[dict[str, Any]]:
        """The attributes of each tag of a kind."""
        return [attrs for name, attrs in self.tags if name == tag]


def _cells(row: Any) -> list[str]:
    return [cell.text.strip() for cell in row(["td", "th"])]
