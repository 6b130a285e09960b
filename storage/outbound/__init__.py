"""The one way out to strangers, for service and workers alike: requests, their answers, and the time they may take."""
