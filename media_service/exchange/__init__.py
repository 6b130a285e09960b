"""Exchange with other platforms: what they follow of the catalogue, as JSON and as OAI-PMH; links to those that are a
Lessonstream each, and what is served to who is linked."""
