import { describe, expect, it } from "vitest";
import { SILENCE } from "../../../../src/audio/audio-format.ts";
import { encodeMulaw } from "../../../../src/audio/mulaw.ts";
import type { SpeechToText, TranscriptEvent } from "../../../../src/pipeline/speech-to-text.ts";
import { failoverSpeechToText } from "../../../../src/providers/failover/failover-speech-to-text.ts";
import { scriptedSpeechToText } from "../../../../src/providers/scripted/scripted-speech-to-text.ts";
import { CircuitBreakers } from "../../../../src/runtime/circuit-breakers.ts";
import { GatewayError } from "../../../../src/runtime/errors.ts";
import { ManualClock } from "../../../../src/runtime/manual-clock.ts";
import { voice } from "../../audio/signals.ts";

const lost = new GatewayError("PROVIDER_UNAVAILABLE", "lost");
const refused = new GatewayError("PROVIDER_REFUSED", "refused");
const failed = (error: GatewayError): TranscriptEvent => ({ type: "failed", error });
const final = (text: string): TranscriptEvent => ({ type: "final", text, confidence: 1 });
const interim = (text: string): TranscriptEvent => ({ type: "interim", text, confidence: 1 });
/** So many milliseconds, every byte of them `value`. */
const audio = (ms: number, value: number): Uint8Array => new Uint8Array(ms * 8).fill(value);

/** A recogniser that hears nothing by itself: the test says what it tells, and sees what it was given. */
function directed(
  name: string,
  options: { endpoints?: SpeechToText["endpoints"]; opening?: TranscriptEvent } = {},
) {
  const given: string[] = [];
  const heard: number[] = [];
  let tell: (event: TranscriptEvent) => void = () => {};
  const provider: SpeechToText = {
    name,
    endpoints: options.endpoints ?? "silence",
    punctuates: false,
    open({ language }, listener) {
      given.push(`open ${language}`);
      tell = listener;
      if (options.opening !== undefined) listener(options.opening);
      return {
        push: (mulaw) => heard.push(...mulaw),
        finalize: () => given.push("finalize"),
        hint: (phrases) => given.push(`hint ${phrases}`),
        close: async () => void given.push("close"),
      };
    },
  };
  return { provider, given, heard, tell: (event: TranscriptEvent) => tell(event) };
}

function listOf(...providers: SpeechToText[]) {
  const clock = new ManualClock();
  const failures: string[] = [];
  const list = failoverSpeechToText(providers, {
    clock,
    onFailure: (provider, error) => failures.push(`${provider} ${error.message}`),
    breakers: new CircuitBreakers(new ManualClock()),
  });
  const told: string[] = [];
  const stream = list.open({ language: "en-US" }, (event) => {
    told.push("text" in event ? `${event.type} ${event.text}` : event.type);
  });
  return { clock, failures, list, told, stream };
}

function two() {
  const [a, b] = [directed("a"), directed("b")];
  return { a, b, ...listOf(a.provider, b.provider) };
}

describe("failoverSpeechToText", () => {
  it("is the provider itself when there is only one", () => {
    const { provider } = directed("a");
    expect(
      failoverSpeechToText([provider], {
        clock: new ManualClock(),
        onFailure: () => {},
        breakers: new CircuitBreakers(new ManualClock()),
      }),
    ).toBe(provider);
  });

  it.each(["silence", "none"] as const)(
    "has the name and the endpointing (%s) of the first, and opens no other",
    (endpoints) => {
      const a = directed("a", { endpoints });
      const b = directed("b", { endpoints: endpoints === "none" ? "silence" : "none" });
      const { list, stream, told } = listOf(a.provider, b.provider);
      expect([list.name, list.endpoints]).toEqual(["a", endpoints]);
      stream.hint(["yes"]);
      stream.push(audio(1, 7));
      stream.finalize();
      for (const event of [
        { type: "ready" },
        interim("a b"),
        final("a b c"),
        { type: "endpoint", by: "silence" },
      ] as const)
        a.tell(event);
      expect(told).toEqual(["ready", "interim a b", "final a b c", "endpoint"]);
      expect(a.given).toEqual(["open en-US", "hint yes", "finalize"]);
      expect(a.heard).toEqual(Array(8).fill(7));
      expect(b.given).toEqual([]);
    },
  );

  it("goes on with the next at once when the failure is final, and tells nobody but onFailure", async () => {
    const { a, b, stream, told, failures } = two();
    stream.hint(["yes", "no"]);
    stream.push(audio(1, 1));
    a.tell(final("before"));
    stream.push(audio(1, 2));
    stream.push(audio(1, 3));
    stream.finalize();
    a.tell(failed(refused));
    expect(b.given).toEqual(["open en-US", "hint yes,no", "finalize"]);
    expect(b.heard).toEqual([...Array(8).fill(2), ...Array(8).fill(3)]);
    stream.push(audio(1, 4));
    b.tell(final("after"));
    expect(told).toEqual(["final before", "final after"]);
    expect(failures).toEqual(["a refused"]);
    expect(a.heard).not.toContain(4);
    await stream.close();
    expect(a.given.at(-1)).toBe("close");
    expect(b.given.at(-1)).toBe("close");
  });

  it("keeps 5 s for the next one", () => {
    const { a, b, stream } = two();
    for (let ms = 0; ms < 7_000; ms += 20) stream.push(audio(20, Math.floor(ms / 1_000)));
    a.tell(failed(refused));
    expect(b.heard).toHaveLength(40_000);
    expect([b.heard[0], b.heard.at(-1)]).toEqual([2, 6]);
  });

  it("does not ask for final words again that were given", () => {
    const { a, b, stream } = two();
    stream.finalize();
    a.tell(final(""));
    a.tell(failed(refused));
    expect(b.given).toEqual(["open en-US"]);
  });

  it("waits 2 s for a provider that tries again by itself, from its first failure on", () => {
    const { a, b, clock, stream, told, failures } = two();
    a.tell({ type: "ready" });
    stream.push(audio(1, 1));
    a.tell(failed(lost));
    clock.advanceTo(1_500);
    a.tell(failed(lost));
    stream.push(audio(1, 2));
    clock.advanceTo(1_999);
    expect(b.given).toEqual([]);
    clock.advanceTo(2_000);
    expect(b.given).toEqual(["open en-US"]);
    expect(b.heard).toEqual([...Array(8).fill(1), ...Array(8).fill(2)]);
    expect(failures).toEqual(["a lost", "a lost"]);
    expect(told).toEqual(["ready"]);
  });

  it.each([
    ["ready", { type: "ready" }],
    ["words", interim("hello")],
  ] as const)("stays with a provider that is back within them, as %s show", (_, sign) => {
    const { a, b, clock, told } = two();
    a.tell(failed(lost));
    clock.advanceTo(1_999);
    a.tell(sign);
    clock.advanceTo(60_000);
    expect(b.given).toEqual([]);
    expect(told).toHaveLength(1);
    a.tell(failed(lost));
    clock.advanceTo(61_999);
    expect(b.given).toEqual([]);
    clock.advanceTo(62_000);
    expect(b.given).toEqual(["open en-US"]);
  });

  it("takes an empty final of a failing provider neither for a recovery nor for an answer", () => {
    const { a, b, clock, stream } = two();
    stream.push(audio(1, 1));
    stream.finalize();
    a.tell(failed(lost));
    a.tell(final(""));
    clock.advanceTo(2_000);
    expect(b.given).toEqual(["open en-US", "finalize"]);
    expect(b.heard).toHaveLength(8);
  });

  it("goes down the list, also when a provider fails while it opens; the last one's failures are told", async () => {
    const a = directed("a");
    const b = directed("b", { opening: failed(refused) });
    const c = directed("c");
    const { clock, told, failures, stream } = listOf(a.provider, b.provider, c.provider);
    stream.push(audio(1, 1));
    a.tell(failed(lost));
    clock.advanceTo(2_000);
    expect(c.heard).toHaveLength(8);
    expect(failures).toEqual(["a lost", "b refused"]);
    c.tell(failed(lost));
    clock.advanceTo(60_000);
    c.tell({ type: "ready" });
    c.tell(failed(refused));
    expect(told).toEqual(["failed", "ready", "failed"]);
    expect(failures).toHaveLength(2);
    await stream.close();
    expect([a, b, c].map(({ given }) => given.at(-1))).toEqual(["close", "close", "close"]);
  });

  it("hears nothing more of a provider that was given up", () => {
    const { a, clock, told } = two();
    a.tell(failed(refused));
    a.tell(final("late"));
    a.tell(failed(lost));
    clock.advanceTo(60_000);
    expect(told).toEqual([]);
  });

  it("takes back an eager endpoint of a provider that is gone", () => {
    const { a, b, told } = two();
    a.tell({ type: "eager-endpoint", text: "yes" });
    a.tell(failed(refused));
    b.tell(final("yes please"));
    expect(told).toEqual(["eager-endpoint yes", "resumed", "final yes please"]);
  });

  it("is silent once closed, with no timer left", async () => {
    const { a, b, clock, told, stream } = two();
    a.tell(failed(lost));
    const closing = stream.close();
    expect(stream.close()).toBe(closing);
    await closing;
    a.tell(failed(refused));
    clock.advanceTo(60_000);
    expect([told, b.given, clock.armed]).toEqual([[], [], 0]);
    expect(a.given.at(-1)).toBe("close");
  });

  it("loses no word of an utterance in which the provider changes, and still ends it", () => {
    const a = directed("a");
    const b = scriptedSpeechToText({ words: () => "my heating is broken", endpoint: 0 });
    const { stream, told } = listOf(a.provider, b);
    const speech = encodeMulaw(voice(1_200, -20));
    stream.push(audio(200, SILENCE));
    stream.push(speech.subarray(0, 4_800));
    a.tell(interim("my"));
    a.tell(failed(refused));
    stream.push(speech.subarray(4_800));
    stream.push(audio(600, SILENCE));
    expect(told).toEqual(["interim my", "interim my", "final my heating is broken", "endpoint"]);
  });
});
