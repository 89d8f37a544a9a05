import { describe, expect, it } from "vitest";
import { LogRing } from "../../../src/telemetry/log-ring.ts";
import { createLogger, type LoggerOptions, type LogLevel } from "../../../src/telemetry/logger.ts";

function recorded(level: LogLevel = "DEBUG", options: Partial<LoggerOptions> = {}) {
  const lines: Record<string, unknown>[] = [];
  const destination = {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  };
  return { lines, logger: createLogger({ level, service: "call", destination, ...options }) };
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

  it("redacts caller content under the names that requests give it", () => {
    const { lines, logger } = recorded();
    logger.info({
      request: { to_number: "+14155550100", metadata: { name: "Jane Doe" }, transcript: "my pin is 1234" },
      From: "+14155550100",
      SpeechResult: "my pin is 1234",
      ticket: "t-1",
    });
    const text = JSON.stringify(lines);
    for (const leak of ["4155550100", "Jane", "1234", "t-1"]) expect(text).not.toContain(leak);
  });

  it.each([
    ["The number +14155550100 is not possible", "The number [redacted] is not possible"],
    ["+1 (415) 555-0100 and +49 30 1234567.", "[redacted] and [redacted]."],
    ["GET /api/phone/call-status/%2B14155550100", "GET /api/phone/call-status/[redacted]"],
    ["room outbound-14155550100-20250115103000", "room outbound-[redacted]-20250115103000"],
    ["from sip:jane.doe@example.com", "from sip:[redacted]@example.com"],
    ["sent Bearer abcdefgh12345678.", "sent Bearer [redacted]"],
    ["postgres://me:hunter2@db/calls is down", "postgres://[redacted]@db/calls is down"],
    ["GET /ws/calls?ticket=17.aB-c.d_e&last_event_id=7", "GET /ws/calls?ticket=[redacted]&last_event_id=7"],
    ["a bearer of bad news +5 on 2025-01-15T10:30:00+01:00", undefined],
    ["node_modules/@fastify/cors/index.js:12:34?", undefined],
  ])("masks what identifies a caller or opens a door in a message: %s", (given, expected = given) => {
    const { lines, logger } = recorded();
    logger.info(given);
    logger.error({ err: new Error(given), detail: given, path: given });
    expect(lines[0]?.msg).toBe(expected);
    expect(lines[1]).toMatchObject({
      detail: expected,
      path: expected,
      err: { message: expected, stack: expect.stringContaining(`Error: ${expected}`) },
    });
  });

  it("masks numbers in what a child logger is bound to, and in causes", () => {
    const { lines, logger } = recorded();
    const cause = new Error("no route to +14155550100");
    logger.child({ path: "/calls/+14155550100" }).error({ err: new Error("not placed", { cause }) });
    expect(JSON.stringify(lines)).not.toContain("4155550100");
  });

  // Where the time grew with the square of the length, these would take hours, and the test's own limit ends it.
  it.each([
    ["letters that might begin a URL", "a", "@"],
    ["a URL without an end", "a://", "b@"],
    ["users of SIP without a host", "sip:", "+"],
    ["digits that might be a number", "+1 ", "?"],
    ["credentials", "Bearer ", "+"],
    ["queries", "&token=", "&"],
    ["rooms", "outbound-1", "+"],
  ])("takes a megabyte of %s in its stride", (_, piece, end) => {
    const { lines, logger } = recorded();
    logger.info(piece.repeat(1_000_000 / piece.length) + end);
    expect(lines).toHaveLength(1);
  });

  it("masks the configured secrets wherever they appear", () => {
    const secrets = ["s3cret-key", 'with "quotes"', "s3cret-key-longer", "short"];
    const { lines, logger } = recorded("DEBUG", { secrets });
    logger.info(
      { url: "https://x/s3cret-key-longer/1", said: 'with "quotes"' },
      "using s3cret-key, in short",
    );
    expect(lines[0]).toMatchObject({
      url: "https://x/[redacted]/1",
      said: "[redacted]",
      msg: "using [redacted], in short",
    });
  });

  it("gives the ring exactly what it writes", () => {
    const ring = new LogRing();
    const written: string[] = [];
    const { logger } = recorded("WARNING", {
      ring,
      destination: { write: (line) => void written.push(line) },
    });
    logger.info("not written");
    logger.warn({ token: "t-1" }, "call +14155550100");
    logger.child({ call_id: "call_7" }).error("failed");
    expect(ring.newest(10)).toEqual(written);
    expect(ring.newest(10).map((line) => JSON.parse(line))).toMatchObject([
      { level: "WARNING", token: "[redacted]", msg: "call [redacted]" },
      { level: "ERROR", call_id: "call_7", msg: "failed" },
    ]);
  });
});
