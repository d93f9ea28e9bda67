"""Takes webhooks: 204 for what is signed, 400 for what is not.

MODERATION_WEBHOOK_SECRET=whsec_… PORT=8090 python webhook.py
"""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from moderation.client import BadSignature, verify


class Receiver(BaseHTTPRequestHandler):
    """Your framework's handler: it needs the headers, and the body as it came."""

    def do_POST(self) -> None:
        """Checks, acts once for each id, answers quickly."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            delivery = verify(os.environ["MODERATION_WEBHOOK_SECRET"], self.headers, body)
        except BadSignature:
            self.send_response(400)
        else:
            # The same delivery.id may come twice: act on it once.
            print(delivery.type, delivery.data.get("comment_id"), flush=True)
            self.send_response(204)
        self.end_headers()


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Receiver).serve_forever()
