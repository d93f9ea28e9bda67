"""`python -m moderation` is the console script `moderation`."""

import sys

from moderation.cli import main

sys.exit(main())
