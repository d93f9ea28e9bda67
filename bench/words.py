"""What word lists cost a comment: 500, 5,000 and 50,000 entries in each of both lists, on one core, beside two floors.

`python -m bench.words` times the checks for banned and suspect words on comments of some 400 characters, folding and the
readings that undo disguises included (each comment is read anew, once for both lists). Beside it, in the same run: a set
that is asked for each folded word (the floor: no phrases, no `*`, no spans, no disguises) and one regular expression of all
entries as alternatives (what was there before). Entries are made-up words, phrases and words with `*`; some of them are
planted in one comment of twenty, half of these in disguise. CPU time, medians of rounds. It exits 1 if a bar is missed: 100 µs a
comment at 50,000 entries, and at most 1.5 times what 500 cost.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Final

from bench.processes import machine
from bench.scoring import CORE, texts
from model.normalise import fold
from moderation.checks import Context, words
from moderation.checks.entries import compiled
from moderation.checks.reading import forget, read
from moderation.domain.comment import Draft
from moderation.domain.policy import Policy

SIZES: Final = (500, 5_000, 50_000)
BAR: Final = 100.0  # µs a comment at the largest size
FLAT: Final = 1.5  # times the cost at the smallest
COMMENTS: Final = 400
SLOW_COMMENTS: Final = 4  # for the alternation at the largest size
WORST: Final = (
    "(a+)+$c",
    "(a|b|ab)*c",
    "(?:a?b?){200}c",
    "a[ab]{200}d|b[ab]{200}e",
    "a[ab]{700}d|b[ab]{700}e",
)
SYLLABLES: Final = [first + second for first in "bcdfghjklmnprstvwz" for second in "aeiou"]


def entries(size: int, chance: random.Random) -> tuple[str, ...]:
    """Made-up entries that no comment has by itself: seven in ten words, two phrases, one a word with `*`."""

    def word() -> str:
        return "".join(chance.choice(SYLLABLES) for _ in range(chance.randint(3, 5))) + chance.choice("krz")

    found: dict[str, None] = {}
    while len(found) < size:
        kind = chance.random()
        found[word() if kind < 0.7 else f"{word()} {word()}" if kind < 0.9 else word() + "*"] = None
    return tuple(found)


def planted(some: Sequence[str], listed: Sequence[str], chance: random.Random) -> list[Draft]:
    """The comments, one of twenty with an entry in it, every other of these in disguise."""
    drafts = []
    for number, text in enumerate(some):
        if number % 20 == 0:
            entry = chance.choice(listed).strip("*")
            text += " " + (" ".join(map(".".join, entry.split())) if number % 40 else entry)
        drafts.append(Draft(str(number), text))
    return drafts


def microseconds(work: Callable[[Draft], object], drafts: Sequence[Draft]) -> float:
    """CPU time a comment of one pass, in which every text is new."""
    forget()
    began = time.process_time()
    for draft in drafts:
        work(draft)
    return (time.process_time() - began) / len(drafts) * 1e6


def milliseconds(expression: str, size: int) -> float:
    """CPU time of an expression that finds nothing in a text that keeps it busy; the least of three."""
    chance = random.Random(2)
    text = "".join(chance.choice("ab") for _ in range(size))
    pattern = compiled(expression)
    best = math.inf
    for _ in range(3):
        began = time.process_time()
        assert pattern.search(text) is None
        best = min(best, time.process_time() - began)
    return best * 1e3


def check(policy: Policy) -> Callable[[Draft], object]:
    """Both checks of a comment."""
    context = Context(policy)

    def work(draft: Draft) -> object:
        return words.banned(draft, context), words.suspect(draft, context)

    return work


def lookup(policy: Policy) -> Callable[[Draft], object]:
    """A set of the entries, asked for each word."""
    known = frozenset((*policy.banned_words, *policy.suspect_words))
    token = re.compile(r"\w+")
    return lambda draft: [word for word in token.findall(fold(draft.text).text) if word in known]


def alternation(policy: Policy) -> Callable[[Draft], object]:
    """One expression for each list."""
    lists = [
        re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(one, key=len, reverse=True)))})(?!\w)")
        for one in (policy.banned_words, policy.suspect_words)
    ]
    return lambda draft: [one.findall(fold(draft.text).text) for one in lists]


def main() -> int:
    """Prints a table; the exit status says whether the bars are met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=9)
    args = parser.parse_args()
    os.sched_setaffinity(0, {CORE})
    chance = random.Random(1)
    some = texts(None)[:COMMENTS]
    rows: list[tuple[str, Callable[[Draft], object], list[Draft], list[float]]] = []
    print(f"words: {machine()}; core {CORE}, {statistics.mean(map(len, some)):.0f} characters a comment")
    for size in SIZES:
        policy = Policy(banned_words=entries(size, chance), suspect_words=entries(size, chance))
        drafts = planted(some, policy.banned_words, chance)
        began = time.perf_counter()
        words.make_ready(policy)
        print(f"making both lists of {size:,} ready took {(time.perf_counter() - began) * 1e3:.0f} ms")
        found = sum(words.banned(draft, Context(policy)) is not None for draft in drafts)
        assert found == COMMENTS // 20, f"{found} of {COMMENTS // 20} planted entries were found"
        few = drafts if size < SIZES[-1] else drafts[:SLOW_COMMENTS]
        rows += [
            (f"ours, 2 x {size:,} entries", check(policy), drafts, []),
            (f"  floor: a set, 2 x {size:,}", lookup(policy), drafts, []),
            (f"  one expression, 2 x {size:,}", alternation(policy), few[:40], []),
        ]
    rows.append(("  of which reading (fold, words), once", lambda draft: read(draft.text).line, drafts, []))
    for number in range(args.rounds + 1):
        for _, work, drafts, times in rows:
            one = microseconds(work, drafts)
            if number:  # the first round warms up
                times.append(one)
    print(f"{'µs a comment':<44}{'median':>10}{'least':>10}{'most':>10}")
    for name, _, _, times in rows:
        print(f"{name:<44}{statistics.median(times):>10.1f}{min(times):>10.1f}{max(times):>10.1f}")
    print("the worst expressions on adversarial texts, ms at 10 and at 20 KB (in proportion: about twice)")
    for expression in WORST:
        short, long = (milliseconds(expression, size) for size in (10_240, 20_480))
        print(f"  {expression:<42}{short:>10.1f}{long:>10.1f}")
    ours = [statistics.median(times) for name, _, _, times in rows if name.startswith("ours")]
    flat = ours[-1] / ours[0]
    print(
        f"at 50,000 entries {ours[-1]:.1f} µs (bar {BAR:g}), {flat:.2f} times the cost at 500 (bar {FLAT:g})"
    )
    return 0 if ours[-1] < BAR and flat <= FLAT else 1


if __name__ == "__main__":
    sys.exit(main())
