"""The model card, made from the manifest."""

from __future__ import annotations

from typing import Any


def text(manifest: dict[str, Any]) -> str:
    """The card as Markdown."""
    figures = manifest["figures"]
    return "\n".join(
        (
            f"# Model card: spam classifier {manifest['version']}",
            "",
            "Made by `python -m model train --data DIR`; do not edit by hand.",
            "",
            "**What it is.** A logistic regression on hashed features: characters (3- to 5-grams of UTF-8 bytes) and words "
            "(single and in pairs) of the folded text, and eleven hand-made signals (links, contacts, money, capitals, …). "
            "Its probabilities are calibrated by Platt's method on margins of models that had not seen the row, for "
            f"{manifest['prevalence']:.0%} of spam, the rest mostly news comments.",
            "",
            "**What it is for.** Sorting and deciding reader comments on news sites, with a human for what is not clear.",
            "",
            "**What it is not for.** Judging people; toxicity (it has one attribute, `spam`); deciding alone at a lower "
            "threshold than its table supports.",
            "",
            "## Trained on",
            "",
            "The texts are not part of this repository.",
            "",
            "| source | licence of the data | rows |",
            "|---|---|---|",
            *(f"| `{one['name']}` | {one['licence']} | {one['rows']:,} |" for one in manifest["sources"]),
            "",
            "Left out: `tw_utkml` and `weak_tw_honeypot` (labelled by account: political tweets count as spam), `vi_reviews` "
            "(another task). One row in ten, told by a hash of its text, is never trained or calibrated on.",
            "",
            f"## Figures on {figures['rows']:,} held-out rows of the same sources",
            "",
            "Rows of a source resemble each other: on sources never seen expect less.",
            "",
            f"* ROC-AUC: {_figure(figures['auc'])}",
            *(
                f"* recall of spam at {name} false positives on news comments: {_percent(value)}"
                for name, value in figures["recall_at_fpr_on_news"].items()
            ),
            f"* genuine news comments scored 0.5 or more: {_percent(figures['news_scored_at_least_0.5'])}",
            f"* calibration error (15 bins, at natural prevalence): {_figure(figures['calibration_error'])}",
            "",
            "| source | rows | AUC | recall at 1 % of news | ham scored ≥ 0.5 |",
            "|---|---|---|---|---|",
            *(
                f"| `{name}` | {one['rows']:,} | {_figure(one['auc'])} | {_percent(one['recall_at_1_percent_of_news'])} "
                f"| {_percent(one['ham_scored_at_least_0.5'])} |"
                for name, one in figures["by_source"].items()
            ),
            "",
            "## What a threshold means",
            "",
            "| threshold | good news comments at or above | spam at or above |",
            "|---|---|---|",
            *(
                f"| {one['threshold']:g} | {_percent(one['good_news_at_or_above'])} | {_percent(one['spam_at_or_above'])} |"
                for one in figures["thresholds"]
            ),
            "",
            "## Where it fails",
            "",
            "* Very short praise (“good!”, “nice post”) reads the same from a spammer and from a reader.",
            "* Scripts and languages that are not among the sources: it has seen English, German, Russian, Korean and "
            "Indonesian, and little else.",
            "* Text in pictures, and links whose words say nothing.",
            "* Leet spelling and letters spaced out are not undone yet (the next release does that).",
            "",
        )
    )


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.2%}"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
