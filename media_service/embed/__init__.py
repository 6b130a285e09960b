"""The player page for any front end, and oEmbed."""
