"""Offline packs: lessons as one ZIP that plays from a USB stick, without a server or a network."""
