"""Figures as something to read: Markdown with tables, plots, and the model card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model.evaluate import FALSE_POSITIVES, Figures, Judged, most_wrong

PLOTS: Final = ("roc_pr.png", "calibration.png", "scores.png", "disguises.png", "languages.png")
SHOWN: Final = 160  # characters of a comment in the terminal


def markdown(figures: Figures) -> str:
    """The figures as tables."""
    return "\n".join(_tables(figures)) + "\n"


def _tables(figures: Figures) -> Iterator[str]:
    spam = figures["spam"]
    yield from (
        f"## Spam, on {spam['rows']:,} rows that the model never saw, {spam['spam']:,} of them spam",
        "",
        f"* ROC-AUC: {_area(spam['auc'])}",
        *(
            f"* recall of spam at {name} false positives on English news comments, mean over the sources: {_percent(value)}"
            for name, value in spam["mean_recall"].items()
        ),
        f"* calibration error (15 bins): {_number(spam['calibration_error']['as_they_are'])} on the rows as they are, "
        f"{_number(spam['calibration_error']['at_5_percent'])} at 5 % of spam among news comments",
        "",
        "| source | rows | AUC | recall at 1 % | recall at 0.1 % | good scored ≥ 0.5 |",
        "|---|---|---|---|---|---|",
        *(
            f"| `{name}` | {one['rows']:,} | {_area(one['auc'])} | {_interval(one['recall']['1%'])} "
            f"| {_interval(one['recall']['0.1%'])} | {_interval(one['good_at_half'])} |"
            for name, one in spam["by_source"].items()
        ),
        "",
        "`tw_utkml` and `weak_tw_honeypot` are labelled by account, not by text: they are not in the means, and count little in training.",
        "",
        "### Good comments held",
        "",
        "| news source | scored ≥ 0.5 |",
        "|---|---|",
        *(f"| `{name}` | {_interval(one)} |" for name, one in spam["good_at_half"].items()),
        "",
        "| language | good comments scored ≥ 0.5 |",
        "|---|---|",
        *(f"| {name} | {_interval(one)} |" for name, one in spam["good_at_half_by_language"].items()),
        "",
        "### Short and long",
        "",
        "| characters | good comments scored ≥ 0.5 | spam scored ≥ 0.5 |",
        "|---|---|---|",
        *(
            f"| {one['from']} to {one['below'] - 1:,} | {_interval(one['good_at_half'])} | {_interval(one['spam_at_half'])} |"
            for one in spam["by_length"]
        ),
        "",
        "### Spam in disguise",
        "",
        "Disguise is a reason for suspicion: a genuine comment in the same disguise scores high too.",
        "",
        "| way | recall at 1 % | relative | genuine comments so disguised scored ≥ 0.5 |",
        "|---|---|---|---|",
        *(
            f"| {name} | {_interval(one['recall'])} | {one['relative']} | {_interval(one['good_at_half'])} |"
            for name, one in spam["by_disguise"].items()
        ),
        "",
        "### What a threshold means for spam",
        "",
        *_thresholds(spam["thresholds"], "good news comments", "spam"),
    )
    if "toxicity" in figures:
        yield from _toxicity_tables(figures["toxicity"])
    yield from _method_tables(figures)


def _toxicity_tables(toxicity: Figures) -> Iterator[str]:
    yield from (
        f"## Toxicity, on {toxicity['rows']:,} rows that the model never saw",
        "",
        "| source | rows | AUC | good scored ≥ 0.5 | toxic scored ≥ 0.5 |",
        "|---|---|---|---|---|",
        *(
            f"| `{name}` | {one['rows']:,} | {_area(one['auc'])} | {_interval(one['good_at_half'])} "
            f"| {_interval(one['toxic_at_half'])} |"
            for name, one in toxicity["by_source"].items()
        ),
        "",
    )
    error = toxicity["calibration_error"]
    yield from (
        f"Calibration error (15 bins): {_number(error['as_they_are'])} on the rows as they are, {_number(error['at_10_percent'])} at "
        "10 % of toxic ones. Scores are cautious: on collections with more toxic comments than news has, far more of those scored 0.3 "
        "are toxic than three in ten.",
        "",
        "| language | comments that are not toxic scored ≥ 0.5 |",
        "|---|---|",
        *(f"| {name} | {_interval(one)} |" for name, one in toxicity["good_at_half_by_language"].items()),
        "",
    )
    if "neutral_at_half" in toxicity:
        yield (
            "Neutral sentences that name an identity or quote a slur (none of them trained on, but their total was in view when weights were chosen) scored ≥ 0.5: "
            f"{_interval(toxicity['neutral_at_half'])}."
        )
        yield ""
    yield "### What a threshold means for toxicity"
    yield ""
    yield from _thresholds(toxicity["thresholds"], "comments that are not toxic", "toxic comments")


def _method_tables(figures: Figures) -> Iterator[str]:
    rows = []
    if figures.get("youtube"):
        rows.append(
            f"| YouTube Spam Collection, each video trained on its first 70 % in time | {figures['youtube']['mean']:.3f} |"
        )
    if figures.get("sms"):
        rows.append(f"| SMS Spam Collection, five folds | {figures['sms']['mean']:.3f} |")
    if rows:
        yield from (
            "## The method on collections of its own", "", "| collection | Matthews' coefficient |", "|---|---|", *rows, "",
        )  # fmt: skip
    speed = figures.get("speed")
    if speed:
        yield from (
            "## Speed", "", "Microseconds a comment of 300 to 500 characters, text in, probabilities of all attributes out.", "",
            "| batch of 128 | with reasons | one alone |", "|---|---|---|",
            f"| {speed['batch']:g} | {speed['batch_with_reasons']:g} | {speed['alone']:g} |", "",
        )  # fmt: skip


def _thresholds(rows: Sequence[dict[str, float | None]], good: str, bad: str) -> Iterator[str]:
    yield f"| threshold | {good} at or above | {bad} at or above |"
    yield "|---|---|---|"
    for one in rows:
        yield f"| {one['threshold']:g} | {_percent(one['good_at_or_above'])} | {_percent(one['bad_at_or_above'])} |"
    yield ""


def card(manifest: dict[str, Any]) -> str:
    """The model card as Markdown, from the manifest alone."""
    figures = manifest["figures"]
    trained = manifest["trained"]
    return "\n".join((
        f"# Model card: {' and '.join(manifest['heads'])}, {manifest['version']}",
        "",
        "Made by `python -m model train --data DIR`; do not edit by hand.",
        "",
        "**What it is.** For each attribute a linear model of hashed n-grams (2, 4 and 6 UTF-16 units of the folded text, scaled by "
        "how unevenly the classes use them, fitted by logistic regression), and on its parts an additive one: the sum over the text, "
        "for toxicity also its strongest places, and hand-made signals (links, markup, money, contacts, disguise, the author, whether "
        "it speaks of the article, …). A text that may hide its words is read a second time with the disguise undone; the higher "
        "score counts. The second step and the calibration (Platt's sigmoid) are fitted on rows that the model in question did not "
        "see, and for a part of the weight not even their source, at a prevalence of "
        + ", ".join(f"{one['prevalence']:.0%} of {name}" for name, one in trained.items())
        + ". A group of texts (English, other Latin, Cyrillic, other scripts) with enough rows of both classes has a curve of its own ("
        + "; ".join(f"{name}: {', '.join(one['calibrated_on_its_own']) or 'none'}" for name, one in trained.items())
        + "). docs/model.md tells how and why.",
        "",
        "**What it is for.** Sorting and deciding reader comments on news sites, with a human for what is not clear.",
        "",
        "**What it is not for.** Judging people; deciding alone at a threshold that its tables do not support.",
        "",
        "## Trained on",
        "",
        "The texts are not part of this repository.",
        "",
        "| source | licence of the data | rows |",
        "|---|---|---|",
        *(f"| `{one['name']}` | {one['licence']} | {one['rows']:,} |" for one in manifest["sources"]),
        "",
        *_learnt_beside(manifest),
        *(_tables(figures) if figures["rows"] else _method_tables(figures)),
        *_unseen_tables(trained),
        "## Where it fails",
        "",
        *_failures(manifest),
        "* Text in pictures, and links whose words say nothing.",
        "* Spam behind a long genuine text: a score is that of the whole. An advertisement behind 400 genuine characters is missed more "
        "often than not at 0.5.",
        "* Rows of one source resemble each other: on sources never seen expect what the table of sources left out shows. "
        "`python -m model evaluate --data DIR` on comments of your own tells more.",
        "",
    ))  # fmt: skip


def _learnt_beside(manifest: dict[str, Any]) -> Iterator[str]:
    if manifest.get("written"):
        yield (
            f"Beside them {manifest['written']:,} comments written for this project in 44 languages (`model/phrases/`: spam, genuine "
            "and rude ones), and sentences that name an identity or quote a slur and insult nobody (`model/neutral.py`)."
        )
    yield (
        "One row in ten, told by a hash of its text, is never trained or calibrated on."
        if manifest.get("held_out", True)
        else "The collection is small: all of it was trained on. Figures need a folder of other comments: "
        "`python -m model evaluate --data OTHER --model …`."
    )
    yield ""


def _unseen_tables(trained: dict[str, Any]) -> Iterator[str]:
    """What models show that were trained without a source: the honest figures for a site that nobody has seen."""
    yield from (
        "## On sources left out of training",
        "",
        "Each source judged by a model that saw neither it nor the sources that were left out with it (`TOGETHER` in model/train.py).",
        "",
        "| source | spam: AUC | recall at 1 % | recall at 0.1 % | good scored ≥ 0.5 | toxicity: AUC |",
        "|---|---|---|---|---|---|",
    )
    by_head = {name: trained.get(name, {}).get("on_unseen_sources", {}) for name in ("spam", "toxicity")}
    for source in sorted({*by_head["spam"], *by_head["toxicity"]} - {"languages"}):
        spam, toxic = (by_head[name].get(source, {}) for name in ("spam", "toxicity"))
        recall = spam.get("recall", {})
        yield (
            f"| `{source}` | {_area(spam.get('auc'))} | {_interval(recall.get('1%'))} | {_interval(recall.get('0.1%'))} "
            f"| {_interval(spam.get('good_at_half'))} | {_area(toxic.get('auc'))} |"
        )
    yield ""
    languages = by_head["spam"].get("languages", {})
    if languages:
        yield from (
            "Written phrases, judged by models that had read no phrase in their language (but may have read comments in it), by group of texts:",
            "",
            "| group | genuine scored ≥ 0.5 | spam scored ≥ 0.5 |",
            "|---|---|---|",
            *(
                f"| {name} | {_interval(one['good_at_half'])} | {_interval(one['bad_at_half'])} |"
                for name, one in languages.items()
            ),
            "",
        )


def _failures(manifest: dict[str, Any]) -> Iterator[str]:
    spam = manifest["figures"]["spam"]
    shortest = spam["by_length"][0]
    if shortest["spam_at_half"]["share"] is not None:
        yield (
            "* Very short comments: praise (“good!”, “nice post”) reads the same from a spammer and from a reader. Of spam with less than "
            f"{shortest['below']} characters {_percent(shortest['spam_at_half']['share'])} score 0.5 or more."
        )
    if manifest.get("written"):
        yield (
            "* Languages and scripts of which it has read nothing: genuine comments are left alone, spam is mostly missed "
            "(the table of languages above)."
        )
    if "toxicity" in manifest["heads"]:
        yield "* Irony, and insults without a rude word: toxicity goes by words."
        yield "* Toxicity knows English best; of most other languages it has seen written phrases only, or nothing."
    sources = sorted(
        (one["recall"]["0.1%"]["share"], name)
        for name, one in spam["by_source"].items()
        if one["recall"]["0.1%"]["share"] is not None
    )
    if sources:
        worst = ", ".join(f"`{name}` ({_percent(share)})" for share, name in sources[:3])
        yield f"* The least of the spam is caught at 0.1 % false positives in {worst}."
    languages = sorted(
        ((one["share"], name) for name, one in spam["good_at_half_by_language"].items() if one["of"] >= 50),
        reverse=True,
    )
    if languages:
        worst = ", ".join(f"{name} ({_percent(share)})" for share, name in languages[:3])
        yield f"* Good comments score 0.5 or more most often in {worst}; for languages that are not in the table nothing was measured."
    ways = sorted(
        (one["recall"]["share"], name) for name, one in spam["by_disguise"].items() if name != "as it is"
    )
    if ways:
        yield f"* The disguise that hides most is “{ways[0][1]}” ({_percent(ways[0][0])} caught at 1 %)."


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.2%}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _interval(found: Figures | None) -> str:
    if found is None or found["share"] is None:
        return "–"
    return f"{found['share']:.2%} ({found['low']:.2%} to {found['high']:.2%})"


def _area(found: Figures | None) -> str:
    return "–" if found is None else f"{found['auc']:.4f} ({found['low']:.4f} to {found['high']:.4f})"


def errors(judged: Judged, count: int) -> Iterator[str]:
    """The comments that the model has most wrong, for a human at a terminal; they belong in no file."""
    for head in judged.classifier.attributes:
        good, bad = most_wrong(judged, head, count)
        for title, rows in ((f"good, scored high for {head}", good), (f"{head}, scored low", bad)):
            yield f"-- {title}"
            for index in rows:
                text = "".join(
                    char if char.isprintable() else " "
                    for char in judged.rows[index].document.text[: 2 * SHOWN]
                )
                text = " ".join(text.split())[:SHOWN]
                yield f"{judged.scores[head][index]:.3f} {judged.source[index]}: {text}"


def plots(judged: Judged, figures: Figures, out: Path) -> None:
    """Draws ROC and PR by source, calibration, scores, recall by disguise and good comments held by language."""
    from matplotlib.figure import Figure  # a tool of developers

    for name, draw in zip(PLOTS, (_roc_pr, _calibration, _scores, _disguises, _languages), strict=True):
        figure = Figure(figsize=(11, 4.5), layout="constrained")
        draw(figure, judged, figures)
        figure.savefig(out / name, dpi=110)


def _roc_pr(figure: Any, judged: Judged, _: Figures) -> None:
    from sklearn.metrics import precision_recall_curve, roc_curve

    left, right = figure.subplots(1, 2)
    score = judged.scores["spam"]
    good = judged.good
    for name in judged.sources(judged.spam & judged.labelled):
        mine = good | (judged.spam & (judged.source == name))
        false, true, _ = roc_curve(judged.spam[mine], score[mine])
        left.plot(np.maximum(false, 1e-4), true, label=name)
        precision, recall, _ = precision_recall_curve(judged.spam[mine], score[mine])
        right.plot(recall, precision, label=name)
    for share in FALSE_POSITIVES:
        left.axvline(share, color="grey", linestyle=":", linewidth=1)
    left.set(
        xscale="log",
        xlim=(1e-4, 1),
        xlabel="false positives on English news",
        ylabel="recall of spam",
        title="ROC by source",
    )
    right.set(xlabel="recall", ylabel="precision", title="precision and recall by source")
    left.legend(fontsize=7)


def _calibration(figure: Any, judged: Judged, _: Figures) -> None:
    for axes, head in zip(figure.subplots(1, 2), ("spam", "toxicity"), strict=True):
        if head not in judged.scores:
            continue
        where = judged.labelled if head == "spam" else judged.toxic_labelled
        bad = (judged.spam if head == "spam" else judged.toxic)[where]
        score = judged.scores[head][where]
        place = np.minimum((score * 10).astype(int), 9)
        seen = [number for number in range(10) if (place == number).any()]
        axes.plot([0, 1], [0, 1], ":", color="grey")
        axes.plot([score[place == n].mean() for n in seen], [bad[place == n].mean() for n in seen], "o-")
        axes.set(
            xlabel="score",
            ylabel=f"share that is {head}",
            title=f"{head}: calibration on the rows as they are",
        )


def _scores(figure: Any, judged: Judged, _: Figures) -> None:
    for axes, head in zip(figure.subplots(1, 2), ("spam", "toxicity"), strict=True):
        if head not in judged.scores:
            continue
        where = judged.labelled if head == "spam" else judged.toxic_labelled
        bad: NDArray[np.bool_] = judged.spam if head == "spam" else judged.toxic
        axes.hist(
            [judged.scores[head][where & ~bad], judged.scores[head][where & bad]],
            bins=30,
            log=True,
            label=["good", head],
        )
        axes.set(xlabel="score", ylabel="comments", title=f"{head}: scores")
        axes.legend()


def _disguises(figure: Any, _: Judged, figures: Figures) -> None:
    found = figures["spam"]["by_disguise"]
    axes = figure.subplots()
    axes.barh(list(found), [one["recall"]["share"] for one in found.values()])
    axes.invert_yaxis()
    axes.set(xlim=(0, 1), xlabel="recall at 1 % false positives", title="spam in disguise")


def _languages(figure: Any, _: Judged, figures: Figures) -> None:
    found = figures["spam"]["good_at_half_by_language"]
    axes = figure.subplots()
    shares = [100 * one["share"] for one in found.values()]
    errors = [
        [100 * max(0.0, one["share"] - one["low"]) for one in found.values()],
        [100 * max(0.0, one["high"] - one["share"]) for one in found.values()],
    ]
    axes.bar(list(found), shares, yerr=errors, capsize=4)
    axes.set(ylabel="% scored 0.5 or more", title="good comments held, by language")
