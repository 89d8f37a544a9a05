import { afterAll, describe, expect, it } from "vitest";
import { httpFixture } from "./http-fixture.ts";

const fixture = await httpFixture();
const guarded = await httpFixture({ apiSecretKey: "k-1" });

afterAll(async () => {
  await fixture.close();
  await guarded.close();
});

function post(url: string, payload: unknown) {
  return fixture.app.inject({ method: "POST", url, payload: payload as object });
}

describe.each(["/initiate", "/receive"])("POST %s", (url) => {
  it.each(["1234567890", "+123456", "+1234567890123456", "+12345a7890", "", "+1234567890\n"])(
    "refuses the number %j",
    async (phone) => {
      const response = await post(url, { phone });
      expect(response.statusCode).toBe(400);
      expect(response.json()).toEqual({ detail: "Invalid phone number format", code: "BAD_REQUEST" });
      expect(fixture.carrier.orders).toEqual([]);
    },
  );

  it.each([[{}], [{ phone: 1_234_567_890 }], [{ phone: null }], [[]]])(
    "names the field that is wrong in %j",
    async (body) => {
      const response = await post(url, body);
      expect(response.statusCode).toBe(400);
      expect(response.json()).toEqual({ detail: expect.any(String), code: "BAD_REQUEST" });
      if (!Array.isArray(body)) expect(response.json().detail).toMatch(/^phone /);
    },
  );
});

describe.each(["/answer", "/end"])("POST %s", (url) => {
  it.each(["call_7", "call_0", "call_x", "7", "", "call_9007199254740993"])(
    "does not know the call %j",
    async (call_id) => {
      const response = await post(url, { call_id });
      expect(response.statusCode).toBe(404);
      expect(response.json()).toEqual({ detail: "Call session not found", code: "NOT_FOUND" });
    },
  );

  it.each([[{}], [{ call_id: 7 }], [{ call_id: null }]])(
    "names call_id when the body is %j",
    async (body) => {
      const response = await post(url, body);
      expect(response.statusCode).toBe(400);
      expect(response.json()).toEqual({ detail: expect.stringMatching(/^call_id /), code: "BAD_REQUEST" });
    },
  );
});

it.each(["/initiate", "/receive", "/answer", "/end"])("%s needs the key when one is set", async (url) => {
  const payload = { phone: "+1234567890", call_id: "call_1" };
  const response = await guarded.app.inject({ method: "POST", url, payload });
  expect(response.statusCode).toBe(401);
  expect(response.json()).toEqual({
    detail: "Invalid or missing authentication token",
    code: "UNAUTHORIZED",
  });
});
