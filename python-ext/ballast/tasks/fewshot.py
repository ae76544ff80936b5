"""Which examples stand before a question."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from ballast.errors import InvalidInputError

DEFAULT = "default"
FIRST_N = "first_n"
SAMPLERS = (DEFAULT, FIRST_N)


class Shots:
    """Draws examples as lm-eval's samplers do: one generator for a whole task, asked in the order of its questions."""

    def __init__(self, pool: Sequence[Mapping[str, Any]], count: int, sampler: str = DEFAULT, seed: int = 1234) -> None:
        """
        Args:
            pool: rows to draw from
            count: how many for each question
            sampler: "default": at random; "first_n": always the first
            seed: of Python's generator; lm-eval's default

        Raises:
            InvalidInputError: an unknown sampler, or too few rows.
        """
        if sampler not in SAMPLERS:
            raise InvalidInputError(f'fewshot_config.sampler: expected {" or ".join(SAMPLERS)}, found "{sampler}"')
        self.count = count
        self._pool = list(pool)
        self._sampler = sampler
        self._random = Random(seed)

    def of(self, row: Mapping[str, Any], same_rows: bool) -> list[Mapping[str, Any]]:
        """Examples for a question.

        Args:
            row: the question's
            same_rows: whether the pool holds the question itself, which is then left out

        Raises:
            InvalidInputError: the pool is too small.
        """
        if self.count == 0:
            return []
        try:
            return self._first(row, same_rows) if self._sampler == FIRST_N else self._drawn(row, same_rows)
        except ValueError as error:
            raise InvalidInputError(
                f"expected at least {self.count + same_rows} rows to draw {self.count} examples from, found "
                f"{len(self._pool)}: give fewer shots"
            ) from error

    def _first(self, row: Mapping[str, Any], same_rows: bool) -> list[Mapping[str, Any]]:
        pool = [each for each in self._pool if each != row] if same_rows else self._pool
        if len(pool) < self.count:
            raise ValueError
        return pool[: self.count]

    def _drawn(self, row: Mapping[str, Any], same_rows: bool) -> list[Mapping[str, Any]]:
        if not same_rows:
            return self._random.sample(self._pool, self.count)
        drawn = [each for each in self._random.sample(self._pool, self.count + 1) if each != row][: self.count]
        if len(drawn) < self.count:  # The pool holds copies of the question.
            drawn = self._random.sample([each for each in self._pool if each != row], self.count)
        return drawn
