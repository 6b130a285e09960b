"""Studio, where authors work: the page, its files, and who is signed in."""
