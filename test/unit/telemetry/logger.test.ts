import { describe, expect, it } from "vitest";
import { createLogger, type LogLevel } from "../../../src/telemetry/logger.ts";

function recorded(level: LogLevel = "DEBUG") {
  const lines: Record<string, unknown>[] = [];
  const destination = {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  };
  return { lines, logger: createLogger({ level, service: "call", destination }) };
}

describe("createLogger", () => {
  it("writes the operator's level, an ISO time, the service and attributes", () => {
    const { lines, logger } = recorded();
    logger.warn({ sessionId: 7 }, "call ended");
    expect(lines).toEqual([
      {
        level: "WARNING",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        service: "call",
        sessionId: 7,
        msg: "call ended",
      },
    ]);
  });

  it("names the highest level CRITICAL", () => {
    const { lines, logger } = recorded();
    logger.fatal("out of memory");
    expect(lines[0]?.level).toBe("CRITICAL");
  });

  it.each([
    ["DEBUG", 5],
    ["INFO", 4],
    ["WARNING", 3],
    ["ERROR", 2],
    ["CRITICAL", 1],
  ] as const)("at %s writes %i of the five levels", (level, count) => {
    const { lines, logger } = recorded(level);
    logger.debug("d");
    logger.info("i");
    logger.warn("w");
    logger.error("e");
    logger.fatal("f");
    expect(lines).toHaveLength(count);
  });

  it("redacts caller content and secrets at any depth", () => {
    const { lines, logger } = recorded();
    logger.info({
      caller: { said: "my pin is 1234", from: "+14155550100" },
      turn: { pii: "Jane Doe" },
      request: { headers: { authorization: "Bearer k-1", "x-twilio-signature": "sig-1" } },
      provider: { options: { client: { apiKey: "k-2", password: "p-1" } } },
      token: "t-1",
    });
    const text = JSON.stringify(lines);
    for (const leak of ["1234", "4155550100", "Jane", "k-1", "sig-1", "k-2", "p-1", "t-1"]) {
      expect(text).not.toContain(leak);
    }
    expect(lines[0]).toMatchObject({ caller: "[redacted]", token: "[redacted]" });
  });

  it("redacts what a child logger is bound to", () => {
    const { lines, logger } = recorded();
    logger.child({ caller: { from: "+14155550100" }, sessionId: 7 }).info("hello");
    expect(lines[0]).toMatchObject({ caller: "[redacted]", sessionId: 7 });
  });

  it("keeps an error's code, message and cause, and redacts its secrets", () => {
    const { lines, logger } = recorded();
    const error = Object.assign(new Error("refused", { cause: new Error("401") }), {
      code: "PROVIDER_REFUSED",
      headers: { authorization: "Bearer k-1" },
    });
    logger.error({ err: error }, "provider failed");
    expect(lines[0]).toMatchObject({
      err: { code: "PROVIDER_REFUSED", message: expect.stringContaining("401") },
    });
    expect(JSON.stringify(lines)).not.toContain("k-1");
  });
});
