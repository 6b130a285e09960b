"""How answers reach a player: byte ranges, validators, headers for other origins, public addresses."""
