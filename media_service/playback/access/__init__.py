"""Who may play what, from which page and how often: tokens, keys, origins, and the gate that asks them all."""
