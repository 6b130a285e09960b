"""What two linked platforms say to each other, and how they know that it is them. Pure, but for new keys."""
