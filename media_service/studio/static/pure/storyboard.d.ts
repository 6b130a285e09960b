/** The player's; served under this name. */
export * from "../../../../player_embed/static/pure/storyboard.js";
