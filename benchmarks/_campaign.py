"""A long campaign in parts: processes share them, and a bar says how far they are."""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress

from benchmarks import Misused
from space_hub import logs

T = TypeVar("T")


def numbers(options: Sequence[str], **usual: int) -> dict[str, int]:
    """The options that are whole numbers above 0, each as given or as usual."""
    given = dict(option.lstrip("-").partition("=")[::2] for option in options)
    read = {}
    for name, most in usual.items():
        word = given.get(name) or str(most)
        if not (word.isascii() and word.isdigit() and int(word) > 0):
            raise Misused(f"--{name} is {word!r}; give a whole number above 0")
        read[name] = int(word)
    return read


def words(options: Sequence[str], **usual: Sequence[str]) -> dict[str, str]:
    """The options that are one of some words, each as given or the first of them."""
    given = dict(option.lstrip("-").partition("=")[::2] for option in options)
    for name, known in usual.items():
        if given.get(name, known[0]) not in known:
            raise Misused(f"--{name} is {given[name]!r}; give {' or '.join(known)}")
    return {name: given.get(name, known[0]) for name, known in usual.items()}


def cores() -> int:
    return os.cpu_count() or 1


def shared(label: str, work: Callable[..., T], parts: Sequence[tuple[object, ...]], workers: int) -> Iterator[T]:
    """What `work` gives for each part, in the order in which they are done."""
    quiet = (logs.configure, (logging.WARNING,))  # What a hub logs of its work would bury the bar.
    with (
        ProcessPoolExecutor(workers, get_context("spawn"), *quiet) as pool,
        Progress(console=Console(stderr=True)) as bar,
    ):
        waiting = [pool.submit(work, *part) for part in parts]
        for done in bar.track(as_completed(waiting), total=len(parts), description=label):
            yield done.result()
