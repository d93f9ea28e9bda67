"""The commands: words from the shell -> one call -> words on stdout; faults as one sentence and exit status 2."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pydantic import ValidationError

from moderation.cli.parser import parser, settings_of
from moderation.errors import ModerationError


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    options = parser().parse_args(argv)
    try:
        settings = settings_of(options)
        status: int = options.run(options, settings)
    except ModerationError as failure:
        print(failure.detail, file=sys.stderr)  # the shell is this module's screen
        return 2
    except ValidationError as failure:
        for fault in failure.errors(include_input=False, include_url=False, include_context=False):
            name = "_".join(str(part) for part in fault["loc"] if isinstance(part, str))
            flag = name.replace("_", "-")
            print(f"MODERATION_{name.upper()} (or --{flag}): {fault['msg']}.", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output has seen enough
        return 0
    return status
