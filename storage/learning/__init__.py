"""What learning leaves behind: beats of players, plays, and the rule by which one counts as a view. Pure.

The service checks and takes beats, the keeper judges them: both stand on this package.
"""
