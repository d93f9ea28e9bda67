"""Writes moderation/checks/tlds.py from the Public Suffix List: every top-level domain that is delegated.

    python scripts/tlds.py public_suffix_list.dat > moderation/checks/tlds.py

The file is https://publicsuffix.org/list/public_suffix_list.dat (the PyPI package ``publicsuffixlist`` carries one).
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path


def main(path: Path) -> int:
    """Prints the module."""
    text = path.read_text("utf-8")
    version = next(line for line in text.splitlines() if "VERSION:" in line).split()[-1]
    rules = text.split("===BEGIN ICANN DOMAINS===")[1].split("// ===END ICANN DOMAINS===")[0].splitlines()
    found = {rule.strip().rsplit(".", 1)[-1] for rule in rules if rule.strip() and not rule.startswith("//")}
    names = ", ".join(f'"{name}"' for name in sorted(found - {"arpa"}))
    print('"""The top-level domains of the internet.\n')
    print(
        f"Made by scripts/tlds.py from version {version} of the Public Suffix List's ICANN part; do not edit by hand."
    )
    print('"""\n\nfrom typing import Final\n\n# fmt: off\nTLDS: Final = frozenset((')
    print(textwrap.indent(textwrap.fill(names, 140, break_on_hyphens=False), "    "))
    print("))\n# fmt: on")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
