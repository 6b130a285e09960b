"""What a learner of a learning platform is called here. Pure."""

from __future__ import annotations

import hashlib

_LENGTH = 40


def pseudonym(platform_id: str, deployment_id: str, subject: str) -> str:
    """The name of the platform's user ``subject`` in one of its deployments: the same at each launch, and nobody finds
    the user from it who has not the platform's list of users."""
    said = "\n".join((platform_id, deployment_id, subject))
    return "lti-" + hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH]
