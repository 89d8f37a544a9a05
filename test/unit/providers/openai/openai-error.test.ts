import { describe, expect, it } from "vitest";
import { chatStatusError } from "../../../../src/providers/openai/openai-error.ts";

const body = (code: string, message = "A sentence.") =>
  JSON.stringify({ error: { message, type: "t", code } });

describe("chatStatusError", () => {
  it.each([
    [400, "PROVIDER_REFUSED"],
    [401, "PROVIDER_REFUSED"],
    [403, "PROVIDER_REFUSED"],
    [404, "PROVIDER_REFUSED"],
    [408, "PROVIDER_UNAVAILABLE"],
    [429, "PROVIDER_RATE_LIMITED"],
    [500, "PROVIDER_UNAVAILABLE"],
    [503, "PROVIDER_UNAVAILABLE"],
    [302, "PROVIDER_PROTOCOL"],
  ])("maps status %i to %s", (status, code) => {
    expect(chatStatusError(status, body("x")).code).toBe(code);
  });

  it("does not hope for an account without money", () => {
    expect(chatStatusError(429, body("insufficient_quota"))).toMatchObject({
      code: "PROVIDER_REFUSED",
      retryable: false,
    });
  });

  it("keeps the service's sentence as the cause, but not one that may quote the key", () => {
    expect(chatStatusError(400, body("bad_thing"))).toMatchObject({
      message: "openai answered 400 (bad_thing)",
      cause: { message: "A sentence." },
    });
    expect(JSON.stringify(chatStatusError(401, body("bad", "Incorrect key: sk-12")).cause)).not.toContain(
      "sk-",
    );
    expect((chatStatusError(401, body("bad", "Incorrect key: sk-12")).cause as Error).message).toBe(
      "HTTP 401",
    );
  });

  it.each(["", "<html>", "[]", "null", '{"error":"plain words"}'])("survives the body %j", (text) => {
    expect(chatStatusError(500, text).code).toBe("PROVIDER_UNAVAILABLE");
  });
});
