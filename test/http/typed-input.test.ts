import { afterAll, afterEach, describe, expect, it } from "vitest";
import { GatewayError } from "../../src/runtime/errors.ts";
import { httpFixture } from "./http-fixture.ts";

const typed: [number, string][] = [];
const fixture = await httpFixture({
  typedInput: {
    typed(sessionId, text) {
      if (sessionId === 404) throw new GatewayError("NOT_FOUND", "Call session not found");
      typed.push([sessionId, text]);
    },
  },
});

afterEach(() => void typed.splice(0));

afterAll(() => fixture.close());

const post = (id: number, payload: unknown) =>
  fixture.app.inject({ method: "POST", url: `/api/v1/calls/${id}/input`, payload: payload as object });

describe("POST /api/v1/calls/{session_id}/input", () => {
  it("hands the text to the conversation", async () => {
    const response = await post(7, { text: "opening hours, please" });
    expect(response.statusCode).toBe(202);
    expect(response.json()).toEqual({ status: "accepted" });
    expect(typed).toEqual([[7, "opening hours, please"]]);
  });

  it.each([[{}], [{ text: "" }], [{ text: "   " }], [{ text: 5 }], [{ text: "x".repeat(2001) }]])(
    "answers 400 for %j",
    async (body) => {
      const response = await post(7, body);
      expect(response.statusCode).toBe(400);
      expect(response.json()).toMatchObject({ detail: expect.stringContaining("text"), code: "BAD_REQUEST" });
      expect(typed).toEqual([]);
    },
  );

  it("answers 404 when there is no conversation", async () => {
    expect((await post(404, { text: "hello" })).statusCode).toBe(404);
  });
});
