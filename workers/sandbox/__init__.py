"""Media tools run locked in: what they may touch is a value, how they are held is a choice of means.

``policy`` says what a tool may do; ``bubblewrap`` and ``landlock`` are the two means of holding it to that,
the stronger first; ``choose`` finds the strongest that this host allows by trying it;
``start`` starts a tool. ``launch`` is the small program that runs between the worker and the tool.
"""

from workers.sandbox.choose import choose
from workers.sandbox.policy import Confinement, Limits, NoSandbox, SandboxError
from workers.sandbox.start import Means, start

__all__ = ["Confinement", "Limits", "Means", "NoSandbox", "SandboxError", "choose", "start"]
