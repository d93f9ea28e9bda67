"""A site's policy and the one function that turns scores and findings into a decision.

Pure: no clock, no store. What cannot be judged goes to a human, never straight to approval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from moderation.domain.comment import Reason, RejectReason, Status
from moderation.domain.decision import By, Decision

AKISMET: Final = "akismet"  # in the place of `via`: a comment-check of Akismet's protocol


class Mode(StrEnum):
    """Who decides what."""

    PRE = "pre"  # a human decides everything; the score only sorts
    AUTO = "auto"  # clear cases by score, the rest by humans
    POST = "post"  # publish all but clear spam
    SHADOW = "shadow"  # decide as `pre`, record what `auto` would have done


@dataclass(frozen=True, slots=True)
class Policy:
    """A site's settings. Thresholds are probabilities of ``spam``; ``approve_below <= reject_above``.

    A limit of None is none. ``docs/checks.md`` says what each check makes of its settings; hours, minutes and days are
    whole ones, lengths are characters, shares lie between 0 and 1.
    """

    mode: Mode = Mode.AUTO
    approve_below: float = 0.1
    reject_above: float = 0.98
    banned_words: tuple[str, ...] = ()
    suspect_words: tuple[str, ...] = ()
    allowed_domains: tuple[str, ...] = ()
    denied_domains: tuple[str, ...] = ()
    max_links: int | None = None
    hold_shortened_links: bool = True
    hold_disguised_links: bool = True
    max_same_by_author: int | None = 1
    max_same_on_site: int | None = 5
    repeat_hours: int = 24
    max_by_author: int | None = None
    max_by_address: int | None = None
    max_by_article: int | None = None
    pace_minutes: int = 10
    hold_first_comments: int = 0
    hold_rejected_share: float | None = None
    record_days: int = 7
    min_length: int | None = None
    max_length: int | None = None
    max_capitals: float | None = None
    hold_empty: bool = True
    languages: tuple[str, ...] = ()
    report_threshold: int = 1
    akismet_hold: bool = True
    akismet_recheck_seconds: int = 7_200
    akismet_spam_from: float = 0.5
    discard_above: float | None = 0.999
    perspective_files: bool = False
    keep_decided_days: int | None = None
    keep_events_days: int | None = None
    keep_audit_days: int | None = None


class Effect(StrEnum):
    """What a finding asks for."""

    HOLD = "hold"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: a reason, and what it asks the policy to do."""

    reason: Reason
    effect: Effect = Effect.HOLD
    reject_reason: RejectReason = RejectReason.OTHER


def decide(
    policy: Policy,
    scores: Mapping[str, float],
    findings: Sequence[Finding] = (),
    *,
    model_version: str | None = None,
    trusted: bool = False,
    via: str | None = None,
) -> Decision:
    """The decision of policy over one comment; without a score for ``spam`` a human decides.

    ``trusted``: a moderator trusts the author. Where the policy lets the score decide, it then approves all but clear spam,
    and clear spam is held: someone else may write under the author's name. ``via``: the protocol by which the comment came.
    """
    spam = scores.get("spam")
    auto = _automatic(policy, spam, findings, model_version, trusted)
    if via == AKISMET and not policy.akismet_hold:
        return _verdict(policy, spam, auto, model_version)
    if policy.mode is Mode.PRE:
        return _held("The site's policy lets a moderator decide every comment.", spam, model_version)
    if policy.mode is Mode.SHADOW:
        because = "The site runs in shadow mode: a moderator decides, the model only watches."
        return _held(because, spam, model_version, would_be=auto.status)
    return auto


def _verdict(policy: Policy, spam: float | None, auto: Decision, version: str | None) -> Decision:
    """For a site that wants a verdict at once and no queue: what a moderator would decide, the score decides."""
    if spam is None or auto.status is not Status.PENDING:
        return auto
    bound = (
        f"the policy's akismet_spam_from {policy.akismet_spam_from:g}, and the site wants a verdict at once."
    )
    if spam >= policy.akismet_spam_from:
        because = f"The spam score {spam:.2f} reaches {bound}"
        status, reason = Status.REJECTED, RejectReason.SPAM
    else:
        because = f"The spam score {spam:.2f} is below {bound}"
        status, reason = Status.APPROVED, None
    return Decision(status, By.MODEL, reason=reason, because=because, score=spam, model_version=version)


def _automatic(
    policy: Policy, spam: float | None, findings: Sequence[Finding], version: str | None, trusted: bool
) -> Decision:
    for finding in findings:
        if finding.effect is Effect.REJECT:
            return Decision(
                Status.REJECTED,
                By.RULE,
                reason=finding.reject_reason,
                because=finding.reason.text,
                score=spam,
                model_version=version,
            )
    if spam is None:
        return _held("The comment could not be scored.", None, version)
    if trusted and spam >= policy.reject_above:
        because = (
            f"The author is trusted, but the spam score {spam:.2f} reaches the policy's reject_above "
            f"{policy.reject_above:g}: the account may be in other hands."
        )
        return _held(because, spam, version)
    if spam >= policy.reject_above:
        because = f"The spam score {spam:.2f} reaches the policy's reject_above {policy.reject_above:g}."
        return Decision(
            Status.REJECTED,
            By.MODEL,
            reason=RejectReason.SPAM,
            because=because,
            score=spam,
            model_version=version,
        )
    if findings:
        return _held(findings[0].reason.text, spam, version)
    if trusted:
        because = f"The author is trusted, and the spam score {spam:.2f} is below the policy's reject_above {policy.reject_above:g}."
        return Decision(Status.APPROVED, By.RULE, because=because, score=spam, model_version=version)
    if policy.mode is Mode.POST:
        because = "The site publishes all but clear spam."
        return Decision(Status.APPROVED, By.MODEL, because=because, score=spam, model_version=version)
    if spam <= policy.approve_below:
        because = f"The spam score {spam:.2f} is within the policy's approve_below {policy.approve_below:g}."
        return Decision(Status.APPROVED, By.MODEL, because=because, score=spam, model_version=version)
    because = (
        f"The spam score {spam:.2f} lies between approve_below {policy.approve_below:g} "
        f"and reject_above {policy.reject_above:g}."
    )
    return _held(because, spam, version)


def _held(because: str, spam: float | None, version: str | None, would_be: Status | None = None) -> Decision:
    return Decision(
        Status.PENDING, By.RULE, because=because, score=spam, model_version=version, would_be=would_be
    )
