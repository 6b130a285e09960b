"""Learning over HTTP: what players tell while they play, what counts as a view, and figures of both."""
