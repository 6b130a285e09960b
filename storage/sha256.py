"""SHA-256 that can be put down and taken up again by another process.

An upload is hashed while it is received, over many requests and across restarts, so the state of the hash must
be storable. Python's ``hashlib`` cannot give its state away; libcrypto's low-level functions keep it in a plain
structure, ``SHA256_CTX`` of ``openssl/sha.h``, which is reached here by ctypes.
"""

from __future__ import annotations

import _hashlib
import ctypes
import ctypes.util

_STATE_SIZE = 112
"""``sizeof(SHA256_CTX)``: h[8], Nl, Nh, data[16], num, md_len, each of 32 bits."""


class Sha256Unavailable(RuntimeError):
    """This Python comes without a libcrypto that offers ``SHA256_Init``, ``SHA256_Update`` and ``SHA256_Final``."""


def _load() -> ctypes.CDLL:
    for name in (_hashlib.__file__, ctypes.util.find_library("crypto")):
        if name is None:
            continue
        library = ctypes.CDLL(name)
        if hasattr(library, "SHA256_Init"):
            library.SHA256_Update.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
            return library
    raise Sha256Unavailable(
        "No usable libcrypto was found for resumable SHA-256. Install OpenSSL's shared library (libcrypto)."
    )


_crypto = _load()


class ResumableSha256:
    """A running SHA-256. ``ResumableSha256(other.state())`` goes on where ``other`` was.

    The state is in the byte order of the machine: processes that share uploads must run on the same one.
    """

    def __init__(self, state: bytes | None = None) -> None:
        if state is None:
            self._context = ctypes.create_string_buffer(_STATE_SIZE)
            _crypto.SHA256_Init(self._context)
        elif len(state) == _STATE_SIZE:
            self._context = ctypes.create_string_buffer(state, _STATE_SIZE)
        else:
            raise ValueError(f"a SHA-256 state has {_STATE_SIZE} bytes, got {len(state)}")

    def update(self, data: bytes) -> None:
        """Hash some more bytes. Other threads run meanwhile."""
        _crypto.SHA256_Update(self._context, data, len(data))

    def state(self) -> bytes:
        """All there is to know, to go on later."""
        return self._context.raw

    def hexdigest(self) -> str:
        """The digest of the bytes so far; more may follow."""
        last = ctypes.create_string_buffer(self._context.raw, _STATE_SIZE)
        digest = ctypes.create_string_buffer(32)
        _crypto.SHA256_Final(digest, last)
        return digest.raw.hex()
