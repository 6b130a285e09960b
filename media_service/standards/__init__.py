"""What we know of an asset or a course, in the words of Dublin Core and of IEEE LOM: ``table`` has it all."""
