"""Posts a comment and prints its status.

MODERATION_URL=https://mod.example.org MODERATION_SITE=gazette MODERATION_KEY=mod_site_… python post.py "the text"
"""

import os
import sys

from moderation.client import Client, ClientError

url, site, key = (os.environ[f"MODERATION_{name}"] for name in ("URL", "SITE", "KEY"))
with Client(url, site, key) as client:
    try:
        comment = client.post(
            sys.argv[1], author={"id": "u-77", "name": "Ann"}, article={"id": "a-9"}, wait=5
        )
    except ClientError as failure:  # after all attempts: keep the comment and post it later
        sys.exit(str(failure))
print(comment.status)
for reason in comment.reasons:
    print(f"  {reason.text}", file=sys.stderr)
