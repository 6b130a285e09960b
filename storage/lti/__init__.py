"""LTI 1.3 as far as service and workers share it: what we sign, what learners are called, and what scores say."""
