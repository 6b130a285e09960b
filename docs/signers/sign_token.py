"""Signs a playback token in Python (pip install "pyjwt[crypto]").

python sign_token.py private.pem KEY_ID PLAYBACK_ID '{"viewer": "student-7"}'
"""

import json
import sys
import time
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def sign_token(pem: bytes, key_id: str, playback_id: str, **claims: object) -> str:
    """A token for an hour; further claims may be limits, or change what is here."""
    key = load_pem_private_key(pem, None)
    algorithm = "EdDSA" if isinstance(key, Ed25519PrivateKey) else "RS256"
    payload = {"sub": playback_id, "aud": ["video", "image", "storyboard"], "exp": int(time.time()) + 3600}
    return jwt.encode({**payload, **claims}, key, algorithm, headers={"kid": key_id})


if __name__ == "__main__":
    usage = 'usage: python sign_token.py private.pem KEY_ID PLAYBACK_ID [\'{"viewer": "student-7"}\']'
    if len(sys.argv) not in (4, 5):
        sys.exit(usage)
    pem_file, key_id, playback_id, claims = [*sys.argv[1:], "{}"][:4]
    try:
        print(sign_token(Path(pem_file).read_bytes(), key_id, playback_id, **json.loads(claims)))
    except Exception as fault:  # of the file, of the key in it, or of the claims
        sys.exit(f"{fault}\n{usage}")
