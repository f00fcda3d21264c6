"""A mutant: one small sabotage of the source, and the tests that must notice it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class Stale(Exception):
    """The place that a mutant changes is not there any more; the text says what to do."""


@dataclass(frozen=True)
class Mutant:
    """A sabotage.

    Attributes:
        name: what is wrong then, in the present tense, with dashes.
        file: what it changes, seen from the project's folder.
        old: the text that it replaces; it stands there exactly once.
        new: the text in its place.
        tests: pytest's names of the tests that must fail, of which one at least does.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def mutated(self, project: Path) -> str:
        """Give the file's text with the sabotage in it.

        Raises:
            Stale: the old text is not there, or more than once; or the new one is no Python.
        """
        try:
            text = (project / self.file).read_text()
        except FileNotFoundError:
            raise Stale(f"{self.file} is gone.") from None
        found = text.count(self.old)
        if found != 1:
            raise Stale(
                f"{self.file} holds its old text {found} times: bring the mutant up to date."
            )
        mutated = text.replace(self.old, self.new)
        if self.file.endswith(".py"):
            try:
                compile(mutated, self.file, "exec")
            except SyntaxError as error:
                raise Stale(f"Its new text is no Python: {error.msg}.") from None
        return mutated
