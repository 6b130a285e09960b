"""What a source is, from its bytes and from what the tools say of it; what of that is refused."""
