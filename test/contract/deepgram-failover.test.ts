import { afterEach, describe, expect, it } from "vitest";
import type { TranscriptionStream } from "../../src/pipeline/speech-to-text.ts";
import { deepgramSpeechToText } from "../../src/providers/deepgram/deepgram-speech-to-text.ts";
import { failoverSpeechToText } from "../../src/providers/failover/speech-to-text/failover-speech-to-text.ts";
import { CircuitBreakers } from "../../src/runtime/circuit-breakers.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import {
  type DeepgramStandIn,
  startDeepgramStandIn,
} from "../../src/simulation/stand-ins/deepgram-stand-in.ts";
import { until } from "../support/until.ts";
import { silence, speech } from "./deepgram-harness.ts";

const SAID = "I would like to book a table.";

/** A stream over two accounts at two stand-ins, nova first and Flux behind it. */
class Call {
  readonly clock = new ManualClock();
  readonly finals: string[] = [];
  readonly through: (number | undefined)[] = [];
  readonly standIns: DeepgramStandIn[] = [];
  readonly failures: string[] = [];
  /** When the whole list was said to be lost. */
  overAt: number | undefined;
  stream!: TranscriptionStream;

  static async open(): Promise<Call> {
    const call = new Call();
    const { clock } = call;
    for (const model of ["nova-3", "flux-general-en"]) {
      call.standIns.push(
        await startDeepgramStandIn({ clock, transcript: model === "nova-3" ? "First." : SAID }),
      );
    }
    const list = call.standIns.map(({ origin }, index) => ({
      ...deepgramSpeechToText({
        apiKey: "key",
        clock,
        baseUrl: origin,
        random: () => 0.999,
        ...(index === 1 && { model: "flux-general-en" }),
      }),
      name: `deepgram:${index}`,
    }));
    call.stream = failoverSpeechToText(list, {
      clock,
      onFailure: (provider, { code }) => call.failures.push(`${provider} ${code}`),
      breakers: new CircuitBreakers(clock),
    }).open({ language: "en-US" }, (event) => {
      if (event.type === "failed" && !event.error.retryable) call.overAt = clock.now();
      if (event.type !== "final" || event.text === "") return;
      call.finals.push(event.text);
      call.through.push(event.through);
    });
    await until(() => call.standIns[0]?.log.some(({ what }) => what === "open") ?? false);
    await call.rest(20);
    return call;
  }

  /** As over the telephone, and every frame has time to arrive. */
  async says(...audio: Uint8Array[]): Promise<void> {
    for (const piece of audio) {
      for (let at = 0; at < piece.length; at += 160) {
        this.stream.push(piece.subarray(at, at + 160));
        await this.rest(20);
      }
    }
  }

  async rest(ms: number): Promise<void> {
    await this.clock.settleTo(this.clock.now() + ms);
    for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  async close(): Promise<void> {
    await this.stream.close();
    for (const standIn of this.standIns) await standIn.close();
    expect(this.clock.armed).toBe(0);
  }
}

describe("a list of recognisers over real sockets", () => {
  let call: Call;
  afterEach(() => call.close());

  it("has the words of a caller whose recogniser hangs within 1.5 s after the deadline, once, and goes on", async () => {
    call = await Call.open();
    await call.says(speech(600), silence(500));
    await call.rest(50);
    expect(call.finals).toEqual(["First."]);
    call.standIns[0]?.inject({ type: "stall", afterMessages: 0 });
    await call.says(speech(800), silence(2_240));
    await until(() => call.failures.length > 0, "the hang is noticed");
    expect(call.failures).toEqual(["deepgram:0 PROVIDER_TIMEOUT"]);
    const noticed = call.clock.now();
    while (call.finals.length < 2) {
      expect(call.clock.now() - noticed).toBeLessThanOrEqual(1_500);
      await call.says(silence(20));
    }
    expect(call.finals).toEqual(["First.", SAID]);
    await call.says(speech(800), silence(600));
    await until(() => call.finals.length === 3, call.finals.join());
    expect(call.finals.at(-1)).toBe(SAID);
    const [first = 0, second = 0, third = 0] = call.through;
    expect(first).toBeLessThan(1_100);
    expect(second).toBeGreaterThan(1_900);
    expect(second).toBeLessThan(4_300);
    expect(third).toBeGreaterThan(second + 800);
  });

  it("goes on with the next one when the account is refused in the middle of an utterance", async () => {
    call = await Call.open();
    await call.says(speech(400));
    call.standIns[0]?.inject({ type: "drop", afterMessages: 0 }, { type: "status", status: 401 });
    await call.says(speech(600), silence(600));
    await until(() => call.finals.length === 1, "the words come");
    expect(call.finals).toEqual([SAID]);
    expect(call.failures).toEqual(["deepgram:0 PROVIDER_UNAVAILABLE", "deepgram:0 PROVIDER_REFUSED"]);
  });

  it("says after 15 s, and a last deadline, that all of them connect and none hears", async () => {
    call = await Call.open();
    // Flux's first message says only that it is connected.
    for (const [index, standIn] of call.standIns.entries())
      standIn.inject(...Array.from({ length: 20 }, () => ({ type: "stall", afterMessages: index }) as const));
    await call.says(speech(800));
    while (call.failures.length === 0) await call.says(silence(20));
    const lostAt = call.clock.now();
    while (call.overAt === undefined && call.clock.now() - lostAt < 25_000) await call.says(silence(20));
    expect((call.overAt ?? 0) - lostAt).toBeGreaterThanOrEqual(14_900);
    expect((call.overAt ?? 0) - lostAt).toBeLessThanOrEqual(18_000);
    expect(call.failures.every((failure) => failure.endsWith("PROVIDER_TIMEOUT"))).toBe(true);
  });
});
