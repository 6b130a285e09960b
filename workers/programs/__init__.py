"""Programs of ours that run as confined tools: standard library alone, nothing of ours imported."""
