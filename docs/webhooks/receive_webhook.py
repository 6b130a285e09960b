# Receives webhooks in Python (3.8 or later, nothing else needed). For Ed25519 (whpk_…): pip install cryptography
#
#   WEBHOOK_SECRET=whsec_… python3 receive_webhook.py 8000

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

TOLERANCE = 300  # seconds: what is older may be somebody's repetition


def verify(secret, headers, body):
    """The event, if it comes from us. Raises ValueError."""
    message_id, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
    if abs(time.time() - int(timestamp)) > TOLERANCE:
        raise ValueError("too old, or a clock is wrong")
    kind, _, key = secret.partition("_")
    signed = f"{message_id}.{timestamp}.".encode() + body
    # Several while a secret is being exchanged: one has to fit.
    for signature in headers["webhook-signature"].split():
        version, _, text = signature.partition(",")
        if version == {"whsec": "v1", "whpk": "v1a"}[kind] and fits(
            kind, base64.b64decode(key), signed, text
        ):
            return json.loads(body)
    raise ValueError("no signature fits")


def fits(kind, key, signed, text):
    if kind == "whsec":
        return hmac.compare_digest(hmac.new(key, signed, hashlib.sha256).digest(), base64.b64decode(text))
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key).verify(base64.b64decode(text), signed)
    except InvalidSignature:
        return False
    return True


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            event = verify(os.environ["WEBHOOK_SECRET"], self.headers, body)
        except (ValueError, KeyError, TypeError) as error:
            print(error, file=sys.stderr)
            self.send_response(400)
        else:
            # Put it into a queue of yours, by event["id"], which comes again if we did not hear your answer.
            print(event["type"], event["asset_id"], event["sequence"], flush=True)
            self.send_response(204)
        self.end_headers()


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
