"""Trains the classifier: for each attribute a linear model of hashed n-grams, and on its parts an additive one.

Three steps, each measured against leaving it out (docs/model.md):

1. n-grams are scaled by how unevenly the classes use them (NB-SVM: Wang & Manning, "Baselines and Bigrams", ACL 2012) and fitted
   by logistic regression. Genuine comments on news weigh most; a part of the rows is disguised as spammers do.
2. Models that saw neither a row nor, for a quarter of the sources and languages at a time, its source, judge all rows. Their
   parts (see scoring.py) are put together by a second logistic regression at the natural prevalence, so that it learns how
   far to trust a score on what is new.
3. The same rows calibrate each group of texts (Platt's sigmoid).
"""

from __future__ import annotations

import datetime as dt
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.sparse import csr_matrix, vstack
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from model import artifact, evaluate, report
from model.classifier import Classifier
from model.data import (
    LICENCES,
    NEUTRAL,
    NO_MEASURE,
    PHRASES,
    DataError,
    Row,
    for_judging,
    for_training,
    is_held_out,
    written_rows,
)
from model.features import Document, matrix, view_of
from model.normalise import fold, shorten, undo
from model.obfuscate import WAYS
from model.scoring import PARTS, TEXT_PARTS, Calibration, Head, Hinge, Weights
from model.signals import GROUPS, Cues, groups, signals

CHUNK: Final = 2_000  # texts hashed together
MAX_TEXT: Final = 2_000  # characters of a text that are trained on: longer ones are copies of themselves
DISGUISED: Final = 6  # one in so many rows is trained on in a disguise as well
NAMED: Final = 0.5  # share of rows that keep their author and article: the model must not lean on them
FLOOR: Final = 0.1  # of an n-gram's scale: what both classes use alike is not thrown away
STACK: Final = 1.0  # inverse of the penalty of the second step
CROSSED: Final = 4  # models that judge what they did not see
FEW: Final = 2_000  # rows below which more of them are left for these models
SMALL: Final = 10_000  # rows below which a recipe is made simpler
MIN_CALIBRATION: Final = 300  # rows of each class before a group of texts gets a calibration of its own
# The second step's weight. Measured on pools of sources of which some were seen and some not (docs/model.md):
NEWS: Final = 0.92  # share of the good rows' weight that comments on news have
UNSEEN_GOOD: Final = 0.5  # share of theirs that is new to the model
WRITTEN: Final = 0.5  # share of these that was written for the project: other languages
# Who an author is and what the article is called is known in a few sources only: part of its effect is theirs.
CONTEXT_REACH: Final = (-1.0, 1.5)  # of a signal from around the text, in log-odds

# Sources that are left out together, for they resemble each other, and what is left out with them; others fall by name.
TOGETHER: Final[tuple[frozenset[str], ...]] = (
    frozenset({"yt_uci", "yt_tulio14", "vi_reviews", "news_ko", "tox_olid", "tox_edos"}),
    frozenset(
        {
            "yt_scam22",
            "weak_tw_honeypot",
            "news_de_germeval21",
            "tox_germeval18",
            "tg_ru",
            "tg_ru2",
            "tox_insults",
        }
    ),
    frozenset({"wp_blogs", "tw_utkml", "news_fox", "judol_id", "tox_davidson"}),
    frozenset({"sms_uci", "sms_super", "news_nyt_rfd", "tox_ru_distorted", "news_civil"}),
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one head is fitted.

    ``prevalence`` and ``unseen``: in the second step, the share of bad rows, and of these the share that is new to the model.
    ``sizes``: a source of n rows counts as n ** sizes. ``news``: a genuine comment on news counts as so many others. ``counts``:
    what a source, or one class of it, counts beside that. ``uses``: the parts that count. ``peak``: units of the strongest place.
    ``bends``: quantiles of the parts of the text at which their effect may change.
    """

    name: str
    prevalence: float
    unseen: float
    sizes: float
    news: float
    uses: tuple[str, ...]
    peak: int
    strength: float = 1.0  # inverse of the penalty
    smoothing: float = 2.0  # of the ratio of the classes' uses of an n-gram
    bends: tuple[float, ...] = ()
    counts: Mapping[str | tuple[str, bool], float] = field(default_factory=dict)


RECIPES: Final = (
    Recipe(
        "spam", 0.10, unseen=0.12, bends=(0.5, 0.9, 0.97), sizes=0.7, news=40.0,
        # The first two are labelled by account, not by text: measured, a little of them helps, more does harm.
        counts={"weak_tw_honeypot": 0.1, "tw_utkml": 0.03, (PHRASES, False): 1.5, (PHRASES, True): 6.0},
        # Measured: a peak, length, digits, capitals, emoji and exclamation marks help on the sources that were seen only.
        peak=24,
        uses=("text", "links", "markup", "money", "contact", "disguise", "author_url", "author_sells", "on_topic"),
    ),
    Recipe(
        "toxicity", 0.10, unseen=0.1, sizes=1.0, news=1.0, bends=(0.9, 0.99),
        # Measured: the talk pages' labels serve other sources best, also the comments on news, which were picked for rudeness.
        counts={
            "news_civil": 0.2, "tox_davidson": 0.3, "tox_edos": 0.3, "tox_olid": 0.5, "tox_insults": 0.7,
            (PHRASES, True): 2.0, NEUTRAL: 8.0,
        },
        strength=0.7,
        # Measured: peaks of 8, 64 and 160 units, capitals, digits, emoji and links beside these bring nothing, or harm.
        peak=24,
        uses=(*TEXT_PARTS, "length"),
    ),
)  # fmt: skip


def for_few(recipe: Recipe) -> Recipe:
    """The recipe for a small collection: what is rare still counts, and little is put on top of the words."""
    return replace(
        recipe,
        uses=("text", "length", "links", "markup", "money", "contact", "disguise"),
        strength=10 * recipe.strength,
        smoothing=0.3,
        bends=(),
    )


@dataclass(frozen=True, slots=True)
class Example:
    """A row as it is trained on: ``view`` is the text in the form in which it is hashed."""

    row: Row
    document: Document
    view: str
    disguised: bool = False

    def label(self, head: str) -> bool | None:
        """Its class for a head; what has a label for toxicity alone is no spam."""
        if head == "toxicity":
            return self.row.toxic
        return None if self.row.source == NEUTRAL else bool(self.row.spam)


def say(text: str) -> None:
    """Progress, for the one who waits."""
    print(text, file=sys.stderr, flush=True)


def examples(rows: Sequence[Row], seed: int) -> list[Example]:
    """The rows as they are trained on, and after them the disguised ones."""
    chance = random.Random(seed)  # chance without need of secrecy
    plain, disguised = [], []
    ways = list(WAYS.values())
    for row in rows:
        document = replace(row.document, text=row.document.text[:MAX_TEXT])
        if chance.random() >= NAMED:
            document = Document(document.text)
        plain.append(Example(row, document, view_of(document.text)))
        if row.source != NEUTRAL and chance.randrange(DISGUISED) == 0:
            text = chance.choice(ways)(document.text, chance)
            view = shorten(undo(fold(text))).text
            disguised.append(Example(row, replace(document, text=text), view, disguised=True))
    return plain + disguised


def featurise(found: Sequence[Example]) -> csr_matrix:
    """The n-grams of all examples, hashed in chunks."""
    parts = []
    for start in range(0, len(found), CHUNK):
        parts.append(matrix([one.view for one in found[start : start + CHUNK]]))
        if start // CHUNK % 20 == 0:
            say(f"  n-grams: {start} of {len(found)}")
    stacked: csr_matrix = vstack(parts, format="csr")
    return stacked


def weights_of(recipe: Recipe, found: Sequence[Example], labels: NDArray[np.bool_]) -> NDArray[np.float64]:
    """A row's weight: by its source's size and class, and both classes the same in all."""
    sizes: dict[tuple[str, bool], float] = defaultdict(float)
    for one, label in zip(found, labels.tolist(), strict=True):
        sizes[one.row.source, label] += one.row.weight
    weights = np.array([
        one.row.weight
        * sizes[one.row.source, label] ** (recipe.sizes - 1)
        * recipe.counts.get(one.row.source, 1.0)
        * recipe.counts.get((one.row.source, label), 1.0)
        * (recipe.news if one.row.news and not label else 1.0)
        for one, label in zip(found, labels.tolist(), strict=True)
    ])  # fmt: skip
    for side in (labels, ~labels):
        weights[side] *= len(found) / 2 / max(weights[side].sum(), 1e-9)
    return weights


def fit(
    recipe: Recipe, features: csr_matrix, labels: NDArray[np.bool_], weights: NDArray[np.float64], seed: int
) -> tuple[NDArray[np.int16], float]:
    """The weights of the n-grams and their step; an n-gram's scale is the log of how much more one class uses it."""
    used = csr_matrix((np.ones_like(features.data), features.indices, features.indptr), shape=features.shape)
    ours = recipe.smoothing + used.T @ (weights * labels)
    theirs = recipe.smoothing + used.T @ (weights * ~labels)
    scale = np.maximum(FLOOR, np.abs(np.log(ours / ours.sum() * theirs.sum() / theirs)))
    scale /= np.sqrt(np.mean(np.square(scale[features.indices])))
    scaled = csr_matrix(
        (features.data * scale[features.indices], features.indices, features.indptr), shape=features.shape
    )
    # The dual solver: a pass over the rows costs the same for any number of n-grams.
    model = LogisticRegression(
        C=recipe.strength, solver="liblinear", dual=True, tol=0.05, max_iter=40, random_state=seed
    )
    model.fit(scaled, labels, sample_weight=weights)
    return artifact.quantise(model.coef_[0] * scale)


_AS_IT_IS: Final = (Calibration(1.0, 0.0),) * len(GROUPS)


def parts_of(
    recipe: Recipe, fitted: tuple[NDArray[np.int16], float], found: Sequence[Example]
) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """The parts of examples that a recipe uses, by the weights of n-grams, n x len(PARTS), and their places in GROUPS."""
    head = Head(*fitted, recipe.peak, np.isin(PARTS, recipe.uses).astype(np.float64), (), 0.0, _AS_IT_IS)
    weights = Weights({"head": head})
    parts, group = [], []
    for start in range(0, len(found), CHUNK):
        documents = [one.document for one in found[start : start + CHUNK]]
        texts = [one.view for one in found[start : start + CHUNK]]
        view = weights.read(texts)
        cues = Cues(view.batch)
        parts.append(view.parts(signals(documents, texts, view.batch, cues))[0])
        group.append(groups(view.batch, cues))
    return np.concatenate(parts), np.concatenate(group)


@dataclass(frozen=True, slots=True)
class Judged:
    """Examples judged by models that did not see them: their parts, and whether their source was unseen too."""

    examples: list[Example]
    labels: NDArray[np.bool_]
    parts: NDArray[np.float64]
    group: NDArray[np.int8]  # the places in GROUPS
    unseen: NDArray[np.bool_]
    model: NDArray[np.int64]  # which of the models


def group_of(row: Row) -> int:
    """The group of sources, or for written phrases of languages, with which a row is left out."""
    if row.written:
        return sum(row.document.lang.encode()) % CROSSED
    for number, group in enumerate(TOGETHER):
        if row.source in group:
            return number
    return sum(row.source.encode()) % CROSSED


def crossed(
    recipe: Recipe, features: csr_matrix, found: Sequence[Example], labels: NDArray[np.bool_], seed: int
) -> Judged:
    """Judges each row by a model that saw neither it nor its disguise, and, where enough is left, by one new to its source."""
    folds = CROSSED if len(found) >= FEW else 2 * CROSSED
    fold_of = np.array([one.row.key // 10 % folds for one in found])
    group = np.array([group_of(one.row) for one in found])
    plain = ~np.array([one.disguised for one in found])
    judged, parts, kinds, unseen, model = [], [], [], [], []
    for number in range(folds):
        away = (group == number) & (group.min() != group.max())
        inside = np.flatnonzero((fold_of != number) & ~away)
        if len(set(labels[inside].tolist())) < 2:
            away[:] = False
            inside = np.flatnonzero(fold_of != number)
        outside = np.flatnonzero(((fold_of == number) | away) & plain)
        if not outside.size or len(set(labels[inside].tolist())) < 2:
            continue
        say(f"  {recipe.name}: model {number + 1} of {folds} that judges what it did not see")
        weights = weights_of(recipe, [found[place] for place in inside.tolist()], labels[inside])
        fitted = fit(recipe, features[inside], labels[inside], weights, seed)
        some, kind = parts_of(recipe, fitted, [found[place] for place in outside.tolist()])
        parts.append(some)
        kinds.append(kind)
        judged.append(outside)
        unseen.append(away[outside])
        model.append(np.full(outside.size, number))
    places = np.concatenate(judged)
    return Judged(
        [found[place] for place in places.tolist()],
        labels[places],
        np.concatenate(parts),
        np.concatenate(kinds),
        np.concatenate(unseen),
        np.concatenate(model),
    )


def mixture(recipe: Recipe, judged: Judged) -> NDArray[np.float64]:
    """Weights of judged rows at the natural prevalence: good ones are news for the most; some of both are new to the model."""
    labels, unseen = judged.labels, judged.unseen
    news = np.array([one.row.news for one in judged.examples]) & ~labels
    written = np.array([one.row.written for one in judged.examples])
    if not (news & ~written).any():  # comments of one kind alone: as they are
        return np.where(written, 0.0, 1.0)
    sizes = Counter(
        (one.row.source, label) for one, label in zip(judged.examples, labels.tolist(), strict=True)
    )
    alike = np.array([
        0.0 if one.row.source in NO_MEASURE else 1 / np.sqrt(sizes[one.row.source, label])
        for one, label in zip(judged.examples, labels.tolist(), strict=True)
    ])  # fmt: skip
    weights = np.zeros(labels.size)

    def give(rows: NDArray[np.bool_], share: float) -> None:
        total = alike[rows].sum()
        if total:
            weights[rows] = alike[rows] * share / total

    good = 1 - recipe.prevalence
    give(labels & unseen, recipe.prevalence * recipe.unseen)
    give(labels & ~unseen, recipe.prevalence * (1 - recipe.unseen))
    give(news & ~written & unseen, good * NEWS * UNSEEN_GOOD * (1 - WRITTEN))
    give(news & written & unseen, good * NEWS * UNSEEN_GOOD * WRITTEN)
    give(news & ~written & ~unseen, good * NEWS * (1 - UNSEEN_GOOD))
    give(~labels & ~news, good * (1 - NEWS))
    weights *= labels.size / weights.sum()
    return weights


_OF_TEXT: Final = slice(0, len(TEXT_PARTS))
_CONTEXT: Final = [PARTS.index(name) for name in ("author_url", "author_sells", "on_topic")]


def combine(
    recipe: Recipe,
    parts: NDArray[np.float64],
    labels: NDArray[np.bool_],
    weights: NDArray[np.float64],
    seed: int,
) -> tuple[NDArray[np.float64], tuple[Hinge, ...], float]:
    """The additive model of the parts: (their weights, hinges, intercept)."""
    bends = [
        (PARTS.index(part), float(knot))
        for part in TEXT_PARTS
        if part in recipe.uses
        for knot in np.quantile(parts[:, PARTS.index(part)], recipe.bends)
    ]
    used = np.isin(PARTS, recipe.uses)
    columns = np.hstack([parts * used, *(np.maximum(0, parts[:, [place]] - knot) for place, knot in bends)])
    middle = np.average(columns, axis=0, weights=weights)
    spread = np.sqrt(np.average(np.square(columns - middle), axis=0, weights=weights))
    spread[spread < 1e-9] = np.inf  # a part that never differs says nothing
    model = LogisticRegression(C=STACK, max_iter=2_000, random_state=seed)
    model.fit((columns - middle) / spread, labels, sample_weight=weights)
    found = model.coef_[0] / spread
    found[_CONTEXT] = np.clip(found[_CONTEXT], *CONTEXT_REACH)
    found[_OF_TEXT] = np.maximum(0, found[_OF_TEXT])
    hinges = []
    slope = dict(zip(PARTS, found.tolist(), strict=False))
    for (place, knot), weight in zip(bends, found[len(PARTS) :].tolist(), strict=True):
        # Where few rows lie a slope may come out below 0; more of what speaks for an attribute must never lower its score.
        weight = max(weight, -slope[PARTS[place]])
        slope[PARTS[place]] += weight
        hinges.append(Hinge(PARTS[place], knot, weight))
    return found[: len(PARTS)], tuple(hinges), float(model.intercept_[0] - found @ middle)


def calibration(
    odds: NDArray[np.float64], labels: NDArray[np.bool_], weights: NDArray[np.float64], seed: int
) -> Calibration:
    """Platt's sigmoid."""
    platt = LogisticRegression(C=1e6, random_state=seed)
    platt.fit(odds[:, None], labels, sample_weight=weights * labels.size / weights.sum())
    return Calibration(float(platt.coef_[0, 0]), float(platt.intercept_[0]))


def train_head(
    recipe: Recipe, features: csr_matrix, found: Sequence[Example], seed: int
) -> tuple[Head, dict[str, Any]] | None:
    """A calibrated head and how it was made; None if the rows have not both classes."""
    use = [index for index, one in enumerate(found) if one.label(recipe.name) is not None]
    labels = np.array([bool(found[index].label(recipe.name)) for index in use])
    real = [label for index, label in zip(use, labels.tolist(), strict=True) if not found[index].row.written]
    if len(set(real)) < 2:  # what was written for the project calibrates nothing
        return None
    say(f"{recipe.name}: {len(use)} rows, {int(labels.sum())} of them {recipe.name}")
    if len(use) < SMALL:
        recipe = for_few(recipe)
    mine = features[use]
    rows = [found[index] for index in use]
    weights16, step = fit(recipe, mine, labels, weights_of(recipe, rows, labels), seed)
    judged = crossed(recipe, mine, rows, labels, seed)
    weights = mixture(recipe, judged)
    parts, hinges, intercept = combine(recipe, judged.parts, judged.labels, weights, seed)
    head = Head(weights16, step, recipe.peak, parts, hinges, intercept, _AS_IT_IS)
    odds = head.odds(judged.parts)
    calibrations, own = _by_group(odds, judged, weights, seed)
    about = {
        "rows": len(use), "prevalence": recipe.prevalence, "calibrated_on_its_own": own,
        "on_unseen_sources": on_unseen(judged, odds, calibrations),
    }  # fmt: skip
    return replace(head, calibrations=calibrations), about


def near(
    usual: Calibration,
    odds: NDArray[np.float64],
    labels: NDArray[np.bool_],
    weights: NDArray[np.float64],
    seed: int,
) -> Calibration:
    """A calibration whose slope is not far from the usual one: rows of one source may be told apart by what no other has."""
    own = calibration(odds, labels, weights, seed)
    slope = float(np.clip(own.slope, usual.slope / STEEPER, usual.slope * STEEPER))
    if slope == own.slope:
        return own
    share = np.average(labels, weights=weights)
    # The shift at which the mean probability is the share of bad ones.
    shift = brentq(lambda shift: np.average(expit(slope * odds + shift), weights=weights) - share, -50, 50)
    return Calibration(slope, float(shift))


STEEPER: Final = 1.5
ENGLISH, LATIN = GROUPS.index("english"), GROUPS.index("latin")


def _by_group(
    odds: NDArray[np.float64],
    judged: Judged,
    weights: NDArray[np.float64],
    seed: int,
) -> tuple[tuple[Calibration, ...], list[str]]:
    everywhere = calibration(odds, judged.labels, weights, seed)
    real = ~np.array([one.row.written for one in judged.examples])
    found, own = [], []
    for number, name in enumerate(GROUPS):
        # English with all that is written in Latin letters: alone its curve is steeper, and its scores no longer compare.
        here = judged.group <= LATIN if number == ENGLISH else judged.group == number
        if min((judged.labels & here & real).sum(), (~judged.labels & here & real).sum()) < MIN_CALIBRATION:
            found.append(everywhere)
            continue
        # The same share of bad ones in every group: a language is no reason to be suspicious.
        mine = weights[here].copy()
        share = weights[judged.labels].sum() / weights.sum()
        for side, part in ((judged.labels[here], share), (~judged.labels[here], 1 - share)):
            mine[side] *= part / mine[side].sum()
        found.append(near(everywhere, odds[here], judged.labels[here], mine, seed))
        own.append(name)
    return tuple(found), own


def on_unseen(
    judged: Judged, odds: NDArray[np.float64], calibrations: Sequence[Calibration]
) -> dict[str, Any]:
    """Figures by source, and of written phrases by group of languages, from models that were new to them.

    Recall is at the threshold that the shares of evaluate.FALSE_POSITIVES of the English news comments reach with that model.
    """
    slope = np.array([one.slope for one in calibrations])[judged.group]
    shift = np.array([one.shift for one in calibrations])[judged.group]
    score = expit(slope * odds + shift)
    source = np.array([one.row.source for one in judged.examples])
    english = np.array(
        [one.row.news and not one.row.written and one.row.document.lang == "en" for one in judged.examples]
    )
    found: dict[str, Any] = {}
    for name in sorted(set(source[judged.unseen].tolist()) - {PHRASES, NEUTRAL}):
        mine = judged.unseen & (source == name)
        bad, good = mine & judged.labels, mine & ~judged.labels
        about: dict[str, Any] = {"auc": evaluate.area(judged.labels[mine], score[mine])}
        against = score[english & ~judged.labels & (judged.model == judged.model[mine][0])]
        if bad.any() and against.size:
            about["recall"] = {
                evaluate.named(share): evaluate.share_of(
                    score[bad] > np.quantile(against, 1 - share, method="higher")
                )
                for share in evaluate.FALSE_POSITIVES
            }
        if good.any():
            about["good_at_half"] = evaluate.share_of(score[good] >= 0.5)
        found[name] = about
    phrases = judged.unseen & (source == PHRASES)
    found["languages"] = {
        name: {
            "good_at_half": evaluate.share_of(score[here & ~judged.labels] >= 0.5),
            "bad_at_half": evaluate.share_of(score[here & judged.labels] >= 0.5),
        }
        for number, name in enumerate(GROUPS)
        if (here := phrases & (judged.group == number)).any()
    }
    return found


def heads_of(rows: Sequence[Row], seed: int) -> tuple[dict[str, Head], dict[str, Any]]:
    """The heads that the rows' labels allow, and how each was made."""
    found = examples(rows, seed)
    features = featurise(found)
    heads: dict[str, Head] = {}
    trained: dict[str, Any] = {}
    for recipe in RECIPES:
        made = train_head(recipe, features, found, seed)
        if made is not None:
            heads[recipe.name], trained[recipe.name] = made
    return heads, trained


def classifier_of(rows: Sequence[Row], seed: int) -> Classifier:
    """A classifier trained on the rows alone, in memory: how good the method is on a collection of its own."""
    heads, _ = heads_of(rows, seed)
    return Classifier(artifact.Artifact({"version": "in memory"}, heads))


def train(data: Path, out: Path, seed: int) -> dict[str, Any]:
    """Trains on a folder of labelled comments, writes model and card, returns the manifest; raises DataError."""
    rows = for_training(data)
    if len({bool(row.spam) for row in rows}) < 2:
        raise DataError(
            f"{data} has not both spam and ham to train on; docs/model.md says what a folder holds."
        )
    counts = Counter(row.source for row in rows)
    say(f"{len(rows)} rows of {len(counts)} sources")
    # Beside a small collection what was written for the project would be most of what is learnt.
    written = written_rows(seed) if len(rows) >= SMALL else []
    held_out = not any(is_held_out(row) for row in rows)
    heads, trained = heads_of([*rows, *written], seed)
    about: dict[str, Any] = {
        "created": dt.datetime.now(dt.UTC).date().isoformat(),
        "seed": seed,
        "trained": trained,
        "held_out": held_out,
        "written": len(written),
        "sources": [
            {"name": name, "licence": LICENCES.get(name, "your own"), "rows": counts[name]}
            for name in sorted(counts)
        ],
    }
    artifact.save(out, heads, about)
    say("evaluating on held-out rows" if held_out else "no row is held out: the collection is small")
    judged = evaluate.Judged(Classifier.load(out), for_judging(data, counts) if held_out else [])
    figures = {**evaluate.figures(judged, evaluate.neutral_sentences()), **evaluate.of_method(data)}
    manifest = artifact.describe(out, figures)
    (out / "CARD.md").write_text(report.card(manifest), "utf-8")
    return manifest
