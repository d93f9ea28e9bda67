"""The classifier's own commands: train, evaluate, score."""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path
from typing import IO, Any, Final

from model.artifact import SHIPPED, ArtifactError, read_manifest
from model.classifier import Classifier, Document
from model.data import DataError, for_judging

MAX_LINE: Final = 1 << 20  # characters of a line of input
BATCH: Final = 128
FIELDS: Final = ("author", "author_url", "article", "lang")  # beside `text`, where they are known


def main(argv: list[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    options = _parser().parse_args(argv)
    try:
        status: int = options.run(options)
    except (ArtifactError, DataError, FileNotFoundError) as failure:
        print(failure, file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0
    return status


def _parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m model", description="The classifier's own commands.")
    words = top.add_subparsers(required=True, metavar="COMMAND")
    train = _command(
        words, "train", _train, "Trains on a folder of labelled comments.", "train --data ../shared/data"
    )
    train.add_argument(
        "--data", type=Path, required=True, help="folder of NAME.jsonl.gz files, see model/data.py"
    )
    train.add_argument(
        "--out", type=Path, default=SHIPPED, help="where the model goes (default: the shipped one)"
    )
    train.add_argument(
        "--seed", type=int, default=1, help="the same seed makes the same weights (default: 1)"
    )
    judge = _command(
        words,
        "evaluate",
        _evaluate,
        "Figures on held-out rows.",
        "evaluate --data ../shared/data --out report",
    )
    judge.add_argument("--data", type=Path, required=True, help="folder of NAME.jsonl.gz files")
    judge.add_argument("--model", type=Path, help="folder of a model (default: the shipped one)")
    judge.add_argument("--out", type=Path, help="folder for figures.json, figures.md and plots")
    judge.add_argument(
        "--errors", type=int, default=0, help="comments most wrong on each side, to the terminal (default: 0)"
    )
    judge.add_argument(
        "--card", action="store_true", help="write the figures into the model's manifest and its card as well"
    )
    score = _command(
        words,
        "score",
        _score,
        "Scores stdin: a text a line, or NDJSON with `text` and, where known, `author`, `author_url`, `article`, `lang`.",
        "score < comments.txt",
    )
    score.add_argument("--model", type=Path, help="folder of a model (default: the shipped one)")
    return top


def _command(words: Any, name: str, run: object, meaning: str, example: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = words.add_parser(
        name,
        help=meaning,
        description=meaning,
        epilog=f"example:\n  python -m model {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.set_defaults(run=run)
    return made


def _train(options: argparse.Namespace) -> int:
    from model.train import train  # scikit-learn is for training: a score must not wait for it

    manifest = train(options.data, options.out, options.seed)
    print(json.dumps({"version": manifest["version"], "figures": manifest["figures"]}, indent=2))
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    from model import artifact, evaluate, report

    classifier = Classifier.load(options.model)
    about = read_manifest(options.model or SHIPPED)
    trained_on = {one["name"] for one in about.get("sources", [])}
    rows = for_judging(options.data, trained_on)
    if not about.get("held_out", True):  # a small collection is trained on as a whole
        rows = [row for row in rows if row.source not in trained_on]
    judged = evaluate.Judged(classifier, rows)
    found = {**evaluate.figures(judged, evaluate.neutral_sentences()), **evaluate.of_method(options.data)}
    print(report.markdown(found))
    for line in report.errors(judged, options.errors):
        print(line)
    if options.card:
        folder = options.model or SHIPPED
        (folder / "CARD.md").write_text(report.card(artifact.describe(folder, found)), "utf-8")
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "figures.json").write_text(json.dumps(found, indent=2) + "\n", "utf-8")
        (options.out / "figures.md").write_text(report.markdown(found), "utf-8")
        report.plots(judged, found, options.out)
    return 0


def _score(options: argparse.Namespace) -> int:
    classifier = Classifier.load(options.model)
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # half a pair as JSON writes it
    bad = 0
    batch: list[Document | str] = []
    for number, line in enumerate(sys.stdin, start=1):
        batch.append(_document(line.rstrip("\r\n"), number))
        if len(batch) == BATCH:
            bad += _flush(classifier, batch, sys.stdout)
            batch.clear()
    bad += _flush(classifier, batch, sys.stdout)
    return 1 if bad else 0


def _document(line: str, number: int) -> Document | str:
    """The document of a line, or what is wrong with it."""
    if len(line) > MAX_LINE:
        return f"line {number}: longer than {MAX_LINE} characters"
    if not line.startswith("{"):
        return Document(line)
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return f"line {number}: begins like JSON and is none"
    if not isinstance(row.get("text"), str):
        return f"line {number}: has no `text`"
    fields = [row.get(name) or "" for name in FIELDS]
    if not all(isinstance(value, str) for value in fields):
        return f"line {number}: {', '.join(f'`{name}`' for name in FIELDS)} must be strings"
    return Document(row["text"], *fields)


def _flush(classifier: Classifier, batch: list[Document | str], out: IO[str]) -> int:
    verdicts = iter(classifier.score([one for one in batch if isinstance(one, Document)]))
    for one in batch:
        if isinstance(one, str):
            answer: dict[str, Any] = {"error": one}
        else:
            verdict = next(verdicts)
            answer = {**verdict.scores, "reasons": [reason._asdict() for reason in verdict.reasons]}
        out.write(json.dumps(answer, ensure_ascii=False) + "\n")
    out.flush()
    return sum(isinstance(one, str) for one in batch)


if __name__ == "__main__":
    sys.exit(main())
