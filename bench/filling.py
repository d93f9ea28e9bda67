"""Sites filled as a newsroom fills them, quickly: the product's own accept and commit, only the worker's reading is left out.

What is written is therefore what `serve` writes, by construction; tests/store/test_filling.py holds it. Articles and authors are
skewed (Zipf), a dozen reasons are as frequent as 60 % and as rare as 0.1 %, texts have 380 characters.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from moderation.domain.comment import Article, Author, Draft, Reason
from moderation.domain.policy import Mode, Policy, decide
from moderation.store import Entry, Judged, Store

ARTICLES: Final = 2_000
AUTHORS: Final = 100_000
LENGTH: Final = 380  # characters of a text
REPLIES: Final = 0.3  # share of comments that answer another
# Each reason's code and the share of comments that have it.
REASONS: Final = {
    "newcomer": 0.6,
    "between_thresholds": 0.3,
    "many_links": 0.15,
    "suspect_word": 0.1,
    "all_capitals": 0.05,
    "repeated_text": 0.03,
    "fast_author": 0.02,
    "other_language": 0.01,
    "short_link": 0.005,
    "hidden_link": 0.003,
    "author_record": 0.002,
    "banned_domain": 0.001,
}
FINGERPRINTS: Final = 4  # of a text of this length
STEP: Final = 250  # comments that travel together
TOGETHER: Final = 3  # steps under way
WORDS: Final = (
    "the council voted again last night and nobody on our street was asked whether the new road should pass the "
    "school or the river because the plan was drawn years ago by people who never walked here with children in rain"
).split()


class Chance:
    """Comments by chance, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._articles = list(accumulate(1 / rank for rank in range(1, ARTICLES + 1)))
        self._authors = list(accumulate(1 / rank for rank in range(1, AUTHORS + 1)))
        self._texts = [self._text() for _ in range(500)]
        self._reasons = {
            code: Reason(
                code, f"This is what an editor reads about {code.replace('_', ' ')}, in a line.", 0.5
            )
            for code in REASONS
        }

    def _text(self) -> str:
        return " ".join(self._random.choices(WORDS, k=LENGTH // 3))[:LENGTH]

    def drafts(self, count: int) -> Iterator[Draft]:
        """So many comments as they are posted; their ids are as long as a site's."""
        articles = self._random.choices(range(ARTICLES), cum_weights=self._articles, k=count)
        authors = self._random.choices(range(AUTHORS), cum_weights=self._authors, k=count)
        for number, article, author in zip(range(count), articles, authors, strict=True):
            parent = (
                f"c-{self._random.randrange(number):09d}"
                if number and self._random.random() < REPLIES
                else None
            )
            yield Draft(
                f"c-{number:09d}",
                f"{number} {self._random.choice(self._texts)}",
                Author(id=f"u-{author}", name="A Reader"),
                Article(id=f"a-{article}", url=f"https://news.example/a-{article}"),
                parent_id=parent,
            )

    def judged(self, entry: Entry, policy: Policy) -> Judged:
        """A comment as the worker leaves it."""
        scores = {"spam": round(self._random.betavariate(0.4, 2), 6)}
        found = tuple(
            reason for reason in self._reasons.values() if self._random.random() < REASONS[reason.code]
        )
        prints = tuple(f"{self._random.getrandbits(64):016x}" for _ in range(FINGERPRINTS))
        decision = decide(policy, scores, model_version="bench")
        return Judged(entry, scores, found, decision, "bench", fingerprints=prints)


async def fill(store: Store, site: str, count: int, seed: int = 1) -> None:
    """A site with so many pending comments."""
    await store.sites.add(site)
    chance, policy = Chance(seed), Policy(mode=Mode.PRE)
    drafts = chance.drafts(count)
    inbox = store.inboxes("bench")[0]
    key = store.link.keys.site(site)

    async def steps() -> None:
        while batch := [one for _, one in zip(range(STEP), drafts, strict=False)]:
            await store.comments.accept_many(site, batch)
            entries = await store.link.call_all([("HGET", f"{key}:c:{draft.id}", "x") for draft in batch])
            await inbox.commit(
                [
                    chance.judged(
                        Entry(entry.decode(), site, draft, 1, draft.author.ref or "", False), policy
                    )
                    for entry, draft in zip(entries, batch, strict=True)
                ]
            )

    await asyncio.gather(*(steps() for _ in range(TOGETHER)))
