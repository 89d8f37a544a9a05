import { describe, expect, it } from "vitest";
import { messageError, upgradeError } from "../../../../src/providers/elevenlabs/elevenlabs-error.ts";

describe("errors of the connection", () => {
  it.each([
    [400, "PROVIDER_REFUSED"],
    [401, "PROVIDER_REFUSED"],
    [403, "PROVIDER_REFUSED"],
    [404, "PROVIDER_REFUSED"],
    [408, "PROVIDER_UNAVAILABLE"],
    [429, "PROVIDER_RATE_LIMITED"],
    [503, "PROVIDER_UNAVAILABLE"],
    [301, "PROVIDER_PROTOCOL"],
  ])("maps status %i to %s", (status, code) => {
    expect(upgradeError(status).code).toBe(code);
  });

  it.each([
    ["quota_exceeded", "PROVIDER_REFUSED"],
    ["invalid_api_key", "PROVIDER_REFUSED"],
    ["voice_not_found", "PROVIDER_REFUSED"],
    ["max_active_conversations", "PROVIDER_RATE_LIMITED"],
    ["too_many_concurrent_requests", "PROVIDER_RATE_LIMITED"],
    ["system_busy", "PROVIDER_RATE_LIMITED"],
    ["input_timeout_exceeded", "PROVIDER_UNAVAILABLE"],
    ["anything else", "PROVIDER_UNAVAILABLE"],
  ])("maps the word %s to %s and keeps the sentence as the cause", (word, code) => {
    expect(messageError({ word, message: "A sentence." })).toMatchObject({
      code,
      cause: { message: "A sentence." },
    });
  });
});
