"""The library: a public catalogue of an organization, as pages that need no script but the player's.

Pages are put together on the server from what everybody may see; what they are made of stands in pure modules. Nothing
is kept of a reader: what they choose stands in the addresses, and where they left in their browser alone.
"""
