"""Looking at a source until it can be planned: a hallway (``examine``) with a door for each kind of source."""
