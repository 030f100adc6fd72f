"""Put the address of a copy of the course into it: ``python -m coursekit publish https://…``.

Colab opens a lesson from its repository, and the set-up cell installs coursekit from there. Whoever
publishes a copy therefore has to name its address in every lesson. This does it: in the lessons'
badges and set-up cells, in the README and in ``CITATION.cff``, which is where all else reads it.
Nothing but the address changes, so publishing to the former address gives the former bytes.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coursekit import workbook
from coursekit.errors import CourseError

__all__ = ["Address", "PublishError", "main", "publish"]

CITATION = "CITATION.cff"
EXAMPLE = "https://github.com/your-name/your-copy"


class PublishError(CourseError):
    """The address is none that Colab can open, or the course's files cannot be written."""


@dataclass(frozen=True)
class Address:
    """Where a copy of the course is published.

    Attributes:
        owner: The account on GitHub.
        repository: The repository's name.
        branch: The branch whose lessons are opened.

    Example:
        >>> address = Address.parse("https://github.com/ada/course/tree/2026")
        >>> address.badge + "07_digits.ipynb"
        'https://colab.research.google.com/github/ada/course/blob/2026/notebooks/07_digits.ipynb'
        >>> address.requirement
        'git+https://github.com/ada/course@2026'
    """

    owner: str
    repository: str
    branch: str = "main"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``https://github.com/OWNER/REPOSITORY``, with or without ``/tree/BRANCH``.

        What a browser's line may have after it (``?tab=…``, ``#readme``) is passed over.

        Raises:
            PublishError: It is another kind of address; the message says which kind is needed.
        """
        text = text.strip()
        name = r"[A-Za-z0-9_][A-Za-z0-9._-]*"
        pattern = (
            rf"https://github\.com/([A-Za-z0-9-]+)/({name}?)(?:\.git)?(?:/tree/({name}))?/?"
            r"(?:[?#]\S*)?"
        )
        if match := re.fullmatch(pattern, text):
            return cls(match[1], match[2], match[3] or "main")
        if re.search(r"//[^/]*@", text):
            raise PublishError(
                "This address holds a name or password, which everybody would read. Write it "
                f"without: {EXAMPLE}"
            )
        if re.match(r"https://(?!(?:www\.)?github\.com(?:/|$))[\w-]+(?:\.[\w-]+)+(?:/|$)", text):
            raise PublishError(
                "Colab opens lessons from GitHub only. To hand the course out from another "
                "place: python -m coursekit bundle"
            )
        raise PublishError(
            f"{text!r} is not the address of a repository. Write it as the browser shows it: "
            f"{EXAMPLE} (another branch than main: {EXAMPLE}/tree/2026)"
        )

    @classmethod
    def of(cls, root: Path) -> Address:
        """Return the address that the course in ``root`` names: that of its ``CITATION.cff``."""
        try:
            text = (root / CITATION).read_text(encoding="utf-8")
        except OSError:
            text = ""
        if not (match := re.search(_CITED, text, re.MULTILINE)):
            raise PublishError(f"{root / CITATION} names no repository-code; get the course again.")
        return cls.parse(match[0])

    @property
    def url(self) -> str:
        """The address as a person reads it."""
        return self._repository + ("" if self.branch == "main" else f"/tree/{self.branch}")

    @property
    def badge(self) -> str:
        """Where Colab opens the lessons: this and a notebook's name."""
        where = f"{self.owner}/{self.repository}/blob/{self.branch}"
        return f"https://colab.research.google.com/github/{where}/notebooks/"

    @property
    def requirement(self) -> str:
        """Where pip gets coursekit."""
        return f"git+{self._repository}" + ("" if self.branch == "main" else f"@{self.branch}")

    @property
    def clone(self) -> str:
        """The command that fetches the course."""
        branch = "" if self.branch == "main" else f"-b {self.branch} "
        return f"git clone {branch}{self._repository}"

    @property
    def _repository(self) -> str:
        return f"https://github.com/{self.owner}/{self.repository}"


_CITED = r'(?<=^repository-code: ")[^"]*(?=")'

#: What is replaced, wherever it stands in these files: (pattern, the Address's attribute).
_PLACES = (
    (
        r"https://colab\.research\.google\.com/github/[^/\s]+/[^/\s]+/blob/[^/\s]+/notebooks/"
        r"(?=\d\d_)",
        "badge",
    ),
    (r"(?<=coursekit @ )git\+https://github\.com/[\w./@-]+", "requirement"),
    (r"git clone (?:-b \S+ )?https://github\.com/\S+(?= course\b)", "clone"),
    (_CITED, "url"),
)


def publish(address: Address, root: Path) -> list[Path]:
    """Make the course in ``root`` name ``address``; return the files that had to change.

    Each file is replaced at once or not at all, and ``CITATION.cff`` last: what was stopped half
    way is finished by doing it again.

    Raises:
        PublishError: A file cannot be read or written.
    """
    lessons = sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    changed = []
    try:
        for path in [*lessons, root / "README.md", root / CITATION]:
            before = path.read_bytes().decode()
            after = before
            for pattern, attribute in _PLACES:
                after = re.sub(pattern, getattr(address, attribute), after, flags=re.MULTILINE)
            if after != before:
                workbook.write(path, after.encode())
                changed.append(path)
    except (OSError, UnicodeDecodeError) as e:
        name = getattr(e, "filename", None) or path
        raise PublishError(f"{name} cannot be read or written ({e}).") from e
    return changed


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``python -m coursekit publish [ADDRESS]``."""
    parser = argparse.ArgumentParser(
        prog="coursekit publish",
        description="Put the address of your copy of the course into its lessons' Colab badges "
        "and set-up cells, into the README and CITATION.cff. Without an address, say the one "
        "that is there.",
    )
    parser.add_argument("address", nargs="?", help=f"for instance {EXAMPLE}")
    args = parser.parse_args(argv)
    root = workbook.lessons_folder().parent
    if args.address is None:
        print(Address.of(root).url)
        return 0
    address = Address.parse(args.address)
    changed = publish(address, root)
    print(f"The course names {address.url} (files changed: {len(changed)}).")
    if changed:
        print("Commit and push these files: then every badge opens its lesson in Colab.")
    return 0
