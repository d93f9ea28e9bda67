"""docs/policy.md: what it shows can be sent, what it names is answered."""

from __future__ import annotations

import re
from pathlib import Path

from moderation.domain.replay import LEAST_BAD, LEAST_DAYS, LEAST_GOOD, Goal
from moderation.web import answers, preview, wire

PAGE = Path(__file__).parent.parent.parent / "docs" / "policy.md"


def test_every_example_is_a_body_that_is_taken() -> None:
    examples = re.findall(r"```json\n(.+?)\n```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(examples) == 2
    for example in examples:
        wire.PreviewBody.model_validate_json(example)


def test_every_figure_of_the_answer_has_its_line() -> None:
    text = PAGE.read_text("utf-8")
    costs = set(answers.CostAnswer.model_fields) - {"approved", "held", "rejected"}
    whole = set(answers.PreviewAnswer.model_fields) - {"days", "comments", "human_decisions", "target"}
    for name in (*costs, *whole, *Goal):
        assert name in text, name


def test_the_bounds_that_it_names_are_those_in_force() -> None:
    text = PAGE.read_text("utf-8")
    assert (LEAST_GOOD, LEAST_BAD, LEAST_DAYS) == (100, 30, 7)
    assert f"newest {preview.MAX_COMMENTS:,} of them" in text
