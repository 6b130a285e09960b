import assert from "node:assert/strict";
import { test } from "node:test";
import { actionsOfOffer, lacksOfferNote, moodOfOffer, wayOf } from "../../media_service/studio/static/pure/offers.js";

test("whoever is offered a lesson answers once, and whoever offers may amend it or take it back", () => {
  assert.deepEqual(actionsOfOffer({ direction: "received", state: "offered" }), ["accept", "return", "decline"]);
  for (const state of /** @type {const} */ (["returned", "accepted", "declined", "withdrawn"])) {
    assert.deepEqual(actionsOfOffer({ direction: "received", state }), []);
  }
  assert.deepEqual(actionsOfOffer({ direction: "sent", state: "returned" }), ["offer", "withdraw"]);
  assert.deepEqual(actionsOfOffer({ direction: "sent", state: "accepted" }), ["withdraw"]);
  assert.deepEqual(actionsOfOffer({ direction: "sent", state: "declined" }), []);
});

test("who gives something back says why", () => {
  assert.equal(lacksOfferNote("return", " \n"), true);
  assert.equal(lacksOfferNote("return", "标题"), false);
  assert.equal(lacksOfferNote("decline", ""), false);
});

test("the way of a lesson begins at its origin; a platform without a name has an address", () => {
  const way = wayOf([
    { name: "市", url: "https://city.example" },
    { name: "", url: "https://province.example" },
  ]);
  assert.equal(way, "市 → https://province.example");
  assert.equal(moodOfOffer("returned"), "bad");
});
