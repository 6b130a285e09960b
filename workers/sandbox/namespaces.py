"""Namespaces of our own: what bubblewrap does, done by ``launch.py``, for hosts without bubblewrap.

Needs a kernel that lets ordinary users make user namespaces, and mount_setattr(2) (Linux 5.12).
"""

from __future__ import annotations

from collections.abc import Sequence

from workers.sandbox import policy
from workers.sandbox.policy import Confinement, Launch


def launch(confinement: Confinement, arguments: Sequence[str]) -> Launch:
    """The launch that holds the tool to ``confinement`` in new namespaces."""
    return Launch(
        arguments=policy.command(confinement, arguments),
        limits=confinement.limits,
        directory=policy.working_directory(confinement),
        root=policy.file_system(confinement),
    )
