import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CallRegistry } from "../../src/calls/call-registry.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import { startTracing, type Tracing } from "../../src/telemetry/tracing.ts";
import { aCall } from "../support/calls.ts";

/** A collector that keeps the bodies as they come. */
class Collector {
  readonly bodies: Buffer[] = [];
  readonly paths: string[] = [];
  status = 200;
  readonly #server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    this.paths.push(`${request.method} ${request.url}`);
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      this.bodies.push(Buffer.concat(chunks));
      response.writeHead(this.status, { "content-type": "application/x-protobuf" }).end();
    });
  });

  async listen(): Promise<string> {
    await once(this.#server.listen(0, "127.0.0.1"), "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  /** How often a span of this name is in what came: `Span.name` is field 5, a text, of the protocol. */
  spans(name: string): number {
    const field = Buffer.concat([Buffer.from([0x2a, name.length]), Buffer.from(name)]);
    const all = Buffer.concat(this.bodies);
    let count = 0;
    for (let at = all.indexOf(field); at >= 0; at = all.indexOf(field, at + 1)) count += 1;
    return count;
  }
}

let collector: Collector;
let clock: ManualClock;
let registry: CallRegistry;
let tracing: Tracing;
let errors: unknown[];

beforeEach(async () => {
  collector = new Collector();
  clock = new ManualClock();
  errors = [];
  registry = new CallRegistry({
    clock,
    maxCalls: 10,
    onListenerError: (error) => expect.unreachable(String(error)),
  });
  const endpoint = await collector.listen();
  tracing = await startTracing({
    registry,
    endpoint,
    serviceName: "call",
    onError: (error) => errors.push(error),
  });
});

afterEach(async () => {
  await tracing.close();
  await collector.close();
});

/** A call with turns of which each takes 310 ms to its end, 200 to the first token and 150 to be sent. */
function converse(sessionId: number, turns: number): void {
  registry.admit(aCall({ sessionId, sipCallId: `CA${sessionId}`, createdAt: clock.wall() }));
  registry.answer(sessionId);
  for (let turn = 1; turn <= turns; turn++) {
    const speechEndedAt = clock.now();
    clock.advanceTo(speechEndedAt + 310);
    registry.publish(sessionId, { type: "turn-committed", turn, callerText: "secret words", speechEndedAt });
    clock.advanceTo(speechEndedAt + 510);
    const token = { stage: "llm-first-token", provider: "openai" } as const;
    registry.publish(sessionId, { type: "stage-reached", turn, ...token });
    clock.advanceTo(speechEndedAt + 660);
    registry.publish(sessionId, { type: "stage-reached", turn, stage: "first-audio-sent" });
    if (turn === turns) continue; // still sounds when the call ends
    const heard = { text: "secret answer", final: true, interrupted: false, startedAt: clock.now() };
    registry.publish(sessionId, { type: "agent-heard", turn, ...heard });
  }
  registry.end(sessionId, "caller-hung-up");
}

describe("tracing", () => {
  it("sends spans of calls, of their turns and of what those spent time on", async () => {
    converse(1, 2);
    converse(2, 1);
    await tracing.close();
    expect(new Set(collector.paths)).toEqual(new Set(["POST /v1/traces"]));
    expect(collector.spans("call")).toBe(2);
    expect(collector.spans("turn")).toBe(3);
    expect(collector.spans("endpoint")).toBe(3);
    expect(collector.spans("first-token")).toBe(3);
    expect(collector.spans("sent")).toBe(3);
    expect(collector.spans("first-clause")).toBe(0);
    expect(errors).toEqual([]);
  });

  it("tells nothing that was said, and no number", async () => {
    converse(1, 2);
    await tracing.close();
    const sent = Buffer.concat(collector.bodies).toString("latin1");
    expect(sent).toContain("openai");
    expect(sent).not.toMatch(/secret|\+1415/);
  });

  it("sends calls that are still open when it closes", async () => {
    registry.admit(aCall({ sessionId: 1, createdAt: clock.wall() }));
    await tracing.close();
    expect(collector.spans("call")).toBe(1);
  });

  it("leaves calls alone when the collector refuses", async () => {
    collector.status = 400;
    converse(1, 2);
    await tracing.close();
    expect(errors).toHaveLength(1);
    expect(registry.find(1)?.status).toBe("completed");
  });
});
