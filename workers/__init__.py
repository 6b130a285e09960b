"""What is done to media: pure planning in ``plan``, doing in ``steps``, tools only in the sandbox."""
