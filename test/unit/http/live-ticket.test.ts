import { expect, it } from "vitest";
import { checkLiveTicket, liveTicketKey, mintLiveTicket } from "../../../src/http/live/live-ticket.ts";

const key = liveTicketKey("k-1");

it("tells when it expires, in the same words on every replica", () => {
  const ticket = mintLiveTicket(key, 1_000);
  expect(checkLiveTicket(liveTicketKey("k-1"), ticket, 31_000)).toEqual({
    expiresAt: 31_000,
    nonce: expect.stringMatching(/^[\w-]{16}$/),
  });
  expect(checkLiveTicket(key, ticket, 31_001)).toBeUndefined();
});

it("is never the same twice", () => {
  expect(mintLiveTicket(key, 0)).not.toBe(mintLiveTicket(key, 0));
});

it("cannot be changed", () => {
  const [expiry, nonce, mac] = mintLiveTicket(key, 1_000).split(".");
  expect(checkLiveTicket(key, `${Number(expiry) + 1}.${nonce}.${mac}`, 0)).toBeUndefined();
  expect(checkLiveTicket(key, `${expiry}.${"A".repeat(16)}.${mac}`, 0)).toBeUndefined();
  expect(checkLiveTicket(key, `${expiry}.${nonce}.${"A".repeat(43)}`, 0)).toBeUndefined();
  expect(checkLiveTicket(key, `${expiry}.${nonce}`, 0)).toBeUndefined();
});

it("is known to this process only, without an API key", () => {
  const ticket = mintLiveTicket(liveTicketKey(undefined), 0);
  expect(checkLiveTicket(liveTicketKey(undefined), ticket, 0)).toBeUndefined();
});
