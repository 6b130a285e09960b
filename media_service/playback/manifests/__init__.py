"""What players read first: HLS playlists, DASH manifests and storyboards, rendered from the catalogue."""
