"""What foreign repositories answer by OAI-PMH 2.0, read as strangers' words. Pure."""
