import { describe, expect, it } from "vitest";
import { SILENCE } from "../../../../../src/audio/audio-format.ts";
import { encodeMulaw } from "../../../../../src/audio/mulaw.ts";
import type { SpeechToText, TranscriptEvent } from "../../../../../src/pipeline/speech-to-text.ts";
import { failoverSpeechToText } from "../../../../../src/providers/failover/speech-to-text/failover-speech-to-text.ts";
import { scriptedSpeechToText } from "../../../../../src/providers/scripted/scripted-speech-to-text.ts";
import { CircuitBreakers } from "../../../../../src/runtime/circuit-breakers.ts";
import { GatewayError } from "../../../../../src/runtime/errors.ts";
import { ManualClock } from "../../../../../src/runtime/manual-clock.ts";
import { voice } from "../../../audio/signals.ts";

const lost = new GatewayError("PROVIDER_UNAVAILABLE", "lost");
const refused = new GatewayError("PROVIDER_REFUSED", "refused");
const failed = (error: GatewayError): TranscriptEvent => ({ type: "failed", error });
const final = (text: string, through?: number, unheard?: number): TranscriptEvent => ({
  type: "final",
  text,
  confidence: 1,
  ...(through !== undefined && { through }),
  ...(unheard !== undefined && { unheard }),
});
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
  const lost: number[] = [];
  const through: (number | undefined)[] = [];
  const breakers = new CircuitBreakers(clock);
  const list = failoverSpeechToText(providers, {
    clock,
    onFailure: (provider, error) => failures.push(`${provider} ${error.message}`),
    breakers,
    random: () => 0.999,
    onAudioLost: (ms) => lost.push(ms),
  });
  const told: string[] = [];
  const open = () =>
    list.open({ language: "en-US" }, (event) => {
      if (event.type === "final") through.push(event.through);
      told.push("text" in event ? `${event.type} ${event.text}` : event.type);
    });
  return { clock, failures, breakers, lost, through, list, told, open, stream: open() };
}

/** A breaker that is open. */
function trip({ breakers }: { readonly breakers: CircuitBreakers }, name: string): void {
  for (let failures = 0; failures < 5; failures++) breakers.tell(name, "failed");
}

function two() {
  const [a, b] = [directed("a"), directed("b")];
  return { a, b, ...listOf(a.provider, b.provider) };
}

describe("failoverSpeechToText", () => {
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

  it("goes on with the next at once when the failure is final, and tells of nothing but the interruption", async () => {
    const { a, b, stream, told, failures } = two();
    stream.hint(["yes", "no"]);
    stream.push(audio(1, 1));
    a.tell(final("before", 1));
    stream.push(audio(1, 2));
    stream.push(audio(1, 3));
    stream.finalize();
    a.tell(failed(refused));
    expect(b.given).toEqual(["open en-US", "hint yes,no", "finalize"]);
    expect(b.heard).toEqual([...Array(8).fill(2), ...Array(8).fill(3)]);
    stream.push(audio(1, 4));
    b.tell(final("after"));
    expect(told).toEqual(["final before", "interrupted", "final after"]);
    expect(failures).toEqual(["a refused"]);
    expect(a.heard).not.toContain(4);
    await stream.close();
    expect(a.given.at(-1)).toBe("close");
    expect(b.given.at(-1)).toBe("close");
  });

  it("does not forget what was said while final words were on their way", () => {
    const { a, b, stream, through } = two();
    stream.push(audio(300, 1));
    stream.push(audio(200, 2)); // said before the final words of the first 300 ms come
    a.tell(final("before", 300));
    a.tell(failed(refused));
    expect(b.heard).toEqual(Array(1_600).fill(2));
    stream.push(audio(100, 3));
    b.tell(final("after", 250));
    expect(through).toEqual([300, 550]);
  });

  it("keeps a second behind final words that do not say what they cover, and gives no word of it twice", () => {
    const { a, b, clock, stream, told } = two();
    stream.push(audio(3_000, 1));
    clock.advanceTo(3_000);
    a.tell(final("My number is four two."));
    a.tell(failed(refused));
    expect(b.heard).toHaveLength(8_000);
    for (const event of [
      interim("four"),
      interim("four two seven"),
      final("Four two seven."),
      final("Seven."),
    ]) {
      b.tell(event);
    }
    expect(told).toEqual([
      "final My number is four two.",
      "interrupted",
      "interim seven",
      "final seven.",
      "final Seven.",
    ]);
  });

  it("keeps 30 s for the next one, gives them at ten times the speed with live audio behind, and counts the rest", () => {
    const { a, b, clock, lost, stream } = two();
    a.tell({ type: "ready" });
    for (let ms = 0; ms < 32_000; ms += 20) stream.push(audio(20, Math.floor(ms / 1_000)));
    expect(lost).toEqual([]);
    a.tell(failed(refused));
    expect(lost).toEqual([2_000]);
    expect([b.heard.length, b.heard[0]]).toEqual([2_000 * 8, 2]);
    stream.push(audio(20, 77));
    clock.advanceTo(2_600);
    expect(b.heard).toHaveLength(28_000 * 8);
    stream.push(audio(20, 78));
    clock.advanceTo(3_000);
    expect(b.heard.slice(-2 * 160)).toEqual([...Array(160).fill(77), ...Array(160).fill(78)]);
    expect(clock.armed).toBe(1); // that nobody hears the caller at all
    stream.push(audio(20, 79));
    expect(b.heard.at(-1)).toBe(79);
  });

  it("counts what a single one cannot have kept while it was not connected", () => {
    const a = directed("a");
    const { lost: unheard, stream } = listOf(a.provider);
    a.tell({ type: "ready" });
    for (let second = 0; second < 31; second++) stream.push(audio(1_000, 1));
    expect(unheard).toEqual([]);
    a.tell(failed(lost));
    for (let second = 0; second < 2; second++) stream.push(audio(1_000, 2));
    expect(unheard).toEqual([2_000, 1_000]);
    a.tell({ type: "ready" });
    stream.push(audio(1_000, 3));
    a.tell(final("all", 34_000));
    expect(unheard).toEqual([2_000, 1_000]);
  });

  it("has the next one hear what one gives no words of", () => {
    const { a, b, lost, told, failures, stream } = two();
    a.tell({ type: "ready" });
    stream.push(audio(1_000, 1));
    stream.finalize();
    a.tell(final("", 1_000, 800));
    expect([b.heard.length, b.given]).toEqual([8_000, ["open en-US", "finalize"]]);
    b.tell(final("One.", 1_000));
    expect(told).toEqual(["ready", "interrupted", "final One."]);
    expect([failures, lost]).toEqual([["a a gives no words of some speech"], []]);
  });

  it("counts what the last one gives no words of, and goes on", () => {
    const a = directed("a");
    const { lost: unheard, told, failures, breakers, stream } = listOf(a.provider);
    a.tell({ type: "ready" });
    stream.push(audio(1_000, 1));
    stream.finalize();
    stream.push(audio(500, 2));
    a.tell(final("", 1_000, 800));
    expect([unheard, told, failures]).toEqual([[800], ["ready", "final "], []]);
    expect(breakers.reports).toEqual([{ name: "a", state: "closed" }]);
    a.tell(failed(refused));
    expect(unheard).toEqual([800]);
  });

  it("keeps no more than a second of silence", () => {
    const { a, b, stream } = two();
    stream.push(audio(10_000, SILENCE));
    a.tell(failed(refused));
    expect(b.heard).toHaveLength(8_000);
  });

  it("asks for final words in their place, when what piled up takes long to give", () => {
    const { a, b, clock, stream } = two();
    stream.push(audio(5_000, 1));
    stream.finalize();
    stream.push(audio(1_000, 2));
    a.tell(failed(refused));
    expect(b.given).toEqual(["open en-US"]);
    clock.advanceTo(200);
    expect([b.given.length, b.heard.length]).toEqual([1, 4_000 * 8]);
    clock.advanceTo(400);
    expect([b.given.at(-1), b.heard.length]).toEqual(["finalize", 6_000 * 8]);
    b.tell(final("one", 4_000));
    b.tell(failed(refused)); // the request is not answered by words from before it
    expect(b.given).toHaveLength(2);
    clock.advanceTo(900);
    expect(a.given).toEqual(["open en-US", "finalize", "open en-US", "finalize"]);
  });

  it("does not ask for final words again that were given", () => {
    const { a, b, stream } = two();
    stream.finalize();
    a.tell(final(""));
    a.tell(failed(refused));
    expect(b.given).toEqual(["open en-US"]);
  });

  it("waits 750 ms for a provider that tries again by itself", () => {
    const { a, b, clock, stream, told, failures } = two();
    a.tell({ type: "ready" });
    stream.push(audio(1, 1));
    a.tell(failed(lost));
    stream.push(audio(1, 2));
    clock.advanceTo(749);
    expect(b.given).toEqual([]);
    clock.advanceTo(750);
    expect(b.given).toEqual(["open en-US"]);
    expect(b.heard).toEqual([...Array(8).fill(1), ...Array(8).fill(2)]);
    expect(failures).toEqual(["a lost"]);
    expect(told).toEqual(["ready", "interrupted"]);
  });

  it("does not wait for one that has let a deadline pass, unless it is the last", () => {
    const { a, b, clock } = two();
    const late = failed(new GatewayError("PROVIDER_TIMEOUT", "late"));
    a.tell(late);
    expect(b.given).toEqual(["open en-US"]);
    b.tell(late);
    clock.advanceTo(749);
    expect(a.given).toEqual(["open en-US"]);
    b.tell(interim("hello"));
    clock.advanceTo(10_000);
    expect(a.given).toEqual(["open en-US"]);
  });

  it("does not wait when coming back fails as well", () => {
    const { a, b, clock } = two();
    a.tell(failed(lost));
    clock.advanceTo(200);
    a.tell(failed(lost));
    expect(b.given).toEqual(["open en-US"]);
  });

  it.each([
    ["ready", { type: "ready" }],
    ["words", interim("hello")],
  ] as const)("stays with a provider that is back within them, as %s show", (_, sign) => {
    const { a, b, clock, told } = two();
    a.tell(failed(lost));
    clock.advanceTo(749);
    a.tell(sign);
    clock.advanceTo(60_000);
    expect(b.given).toEqual([]);
    expect(told).toHaveLength(2);
    a.tell(failed(lost));
    clock.advanceTo(60_749);
    expect(b.given).toEqual([]);
    clock.advanceTo(60_750);
    expect(b.given).toEqual(["open en-US"]);
  });

  it("does not stay with one that comes back and fails again without a word", () => {
    const { a, b, clock } = two();
    a.tell(failed(lost));
    a.tell({ type: "ready" });
    clock.advanceTo(4_000);
    a.tell(failed(lost));
    expect(b.given).toEqual(["open en-US"]);
  });

  it("takes an empty final of a failing provider neither for a recovery nor for an answer", () => {
    const { a, b, clock, stream, told } = two();
    stream.push(audio(1, 1));
    stream.finalize();
    a.tell(failed(lost));
    a.tell(final(""));
    clock.advanceTo(750);
    expect(b.given).toEqual(["open en-US", "finalize"]);
    expect(b.heard).toHaveLength(8);
    expect(told).toEqual(["interrupted"]);
  });

  it("goes down the list, also when a provider fails while it opens, and begins it again after the last", async () => {
    const a = directed("a");
    const b = directed("b", { opening: failed(refused) });
    const c = directed("c");
    const { clock, told, failures, stream } = listOf(a.provider, b.provider, c.provider);
    stream.push(audio(1, 1));
    a.tell(failed(lost));
    clock.advanceTo(750);
    expect(c.heard).toHaveLength(8);
    expect(failures).toEqual(["a lost", "b refused"]);
    c.tell(failed(lost));
    c.tell({ type: "ready" });
    stream.push(audio(1, 2));
    c.tell(failed(refused));
    expect(a.given).toEqual(["open en-US", "close"].slice(0, a.given.length));
    clock.advanceTo(1_250);
    expect(a.given.at(-1)).toBe("open en-US");
    expect(a.heard).toEqual([1, 1, 2].flatMap((byte) => Array(8).fill(byte)));
    a.tell({ type: "ready" });
    expect(told).toEqual(["interrupted", "ready", "interrupted", "ready"]);
    await stream.close();
    expect([a, b, c].map(({ given }) => given.at(-1))).toEqual(["close", "close", "close"]);
    expect(clock.armed).toBe(0);
  });

  it("tries a single one again after it has failed for good, and says after 15 s that nobody hears the caller", () => {
    const a = directed("a", { opening: failed(refused) });
    const { clock, told, failures, stream } = listOf(a.provider);
    stream.push(audio(1, 1));
    clock.advanceTo(14_999);
    expect(told).toEqual(["interrupted"]);
    expect(failures).toHaveLength(6); // at 0, 0.5, 1.5, 3.5, 7.5 and 11.5 s
    clock.advanceTo(60_000);
    expect(told).toEqual(["interrupted", "failed"]);
    expect([a.given.filter((what) => what === "open en-US").length, clock.armed]).toEqual([6, 0]);
    stream.push(audio(1, 2));
    stream.finalize();
  });

  it("gives a single one all that was said while it was away", () => {
    const a = directed("a");
    const { clock, told, stream } = listOf(a.provider);
    a.tell({ type: "ready" });
    a.tell(failed(lost)); // it tries by itself
    a.tell(failed(refused));
    for (let ms = 0; ms < 480; ms += 20) {
      stream.push(audio(20, 1));
      clock.advanceTo(ms + 20);
    }
    expect(a.heard).toEqual([]);
    clock.advanceTo(500);
    expect(a.heard).toHaveLength(480 * 8);
    a.tell(final("all of it", 480));
    expect(told).toEqual(["ready", "failed", "interrupted", "final all of it"]);
    expect(clock.armed).toBe(0);
  });

  it("lets one that was opened in time have its chance, and not a second one", () => {
    const [a, b] = [directed("a"), directed("b")];
    const { clock, told } = listOf(a.provider, b.provider);
    a.tell(failed(refused));
    clock.advanceTo(20_000);
    expect(told).toEqual(["interrupted"]);
    b.tell(failed(lost));
    expect(told).toEqual(["interrupted", "failed"]);
  });

  it("skips a provider whose breaker is open, goes back to it later, and uses the last one in any case", () => {
    const parts = two();
    const { a, b, clock, open } = parts;
    trip(parts, "a");
    trip(parts, "b");
    open();
    expect([a.given, b.given]).toEqual([["open en-US"], ["open en-US"]]);
    clock.advanceTo(5_000);
    open();
    expect(a.given).toHaveLength(2);
    a.tell({ type: "ready" });
    open();
    expect([a.given.length, b.given.length]).toEqual([2, 2]); // it is connected, and may be mute
    a.tell(interim("yes"));
    open();
    expect([a.given.length, b.given.length]).toEqual([3, 2]);
  });

  it("tells breakers of failures, and of the first proof that it hears after each opening and failure", () => {
    const outcomes: string[] = [];
    const [a, b] = [directed("a"), directed("b")];
    failoverSpeechToText([a.provider, b.provider], {
      clock: new ManualClock(),
      onFailure: () => {},
      breakers: {
        admits: () => true,
        tell: (name, outcome) => outcomes.push(`${name} ${outcome}`),
      },
    }).open({ language: "en-US" }, () => {});
    const tells = (events: readonly TranscriptEvent[]): string[] => {
      outcomes.length = 0;
      for (const event of events) a.tell(event);
      return [...outcomes];
    };
    const ready = { type: "ready" } as const;
    expect(tells([ready, final(""), { type: "resumed" }])).toEqual([]); // the stream may say these by itself
    expect(tells([interim("one"), final("one", 20)])).toEqual(["a succeeded"]);
    expect(tells([failed(lost), final("", 40), ready])).toEqual(["a failed"]);
    expect(tells([final("", 40), interim("two")])).toEqual(["a succeeded"]); // a request for words was answered
    expect(tells([failed(refused)])).toEqual(["a failed"]);
    b.tell(final("three"));
    expect(outcomes).toEqual(["a failed", "b succeeded"]);
  });

  it("hears nothing more of a provider that was given up", () => {
    const { a, clock, told } = two();
    a.tell(failed(refused));
    a.tell(final("late"));
    a.tell(failed(lost));
    clock.advanceTo(10_000);
    expect(told).toEqual(["interrupted"]);
  });

  it("takes back an eager endpoint of a provider that is gone", () => {
    const { a, b, told } = two();
    a.tell({ type: "eager-endpoint", text: "yes" });
    a.tell(failed(refused));
    b.tell(final("yes please"));
    expect(told).toEqual(["eager-endpoint yes", "interrupted", "resumed", "final yes please"]);
  });

  it("is silent once closed, with no timer left", async () => {
    const { a, b, clock, told, stream } = two();
    a.tell(failed(lost));
    const closing = stream.close();
    expect(stream.close()).toBe(closing);
    await closing;
    a.tell(failed(refused));
    clock.advanceTo(60_000);
    expect([told, b.given, clock.armed]).toEqual([["interrupted"], [], 0]);
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
    expect(told).toEqual([
      "interim my",
      "interrupted",
      "interim my",
      "final my heating is broken",
      "endpoint",
    ]);
  });
});
