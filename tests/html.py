"""Pages of HTML, taken apart."""

from html.parser import HTMLParser

VOID = {"img", "meta"}


class Page(HTMLParser):
    """A page whose tags are all closed: its tags and words, its cells by rows, its tables by caption."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.rows: list[list[str]] = []
        self.tables: dict[str, list[list[str]]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "table":
            self._caption, self._n_before = "", len(self.rows)
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag == "table":
            self.tables[self._caption] = self.rows[self._n_before :]

    def handle_data(self, data: str) -> None:
        self.words += data
        within = self._open[-1] if self._open else ""
        if within == "caption":
            self._caption += data
        elif within in ("td", "th"):
            self.rows[-1][-1] += data.strip()

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of each tag of a kind."""
        return [attrs for name, attrs in self.tags if name == tag]
