import { beforeEach, describe, expect, it } from "vitest";
import { CallRegistry } from "../../../src/calls/call-registry.ts";
import { CallSentiments } from "../../../src/calls/call-sentiments.ts";
import type { CallerWords, Sentiment, SentimentJudge } from "../../../src/calls/sentiment.ts";
import { storedView } from "../../../src/calls/stored-view.ts";
import { GatewayError } from "../../../src/runtime/errors.ts";
import { ManualClock } from "../../../src/runtime/manual-clock.ts";
import { aCall } from "../../support/calls.ts";

/** Answers when it is told to. */
class PatientJudge implements SentimentJudge {
  readonly name = "patient";
  readonly asked: {
    readonly words: CallerWords;
    answer(sentiment: Sentiment): void;
    fail(error: Error): void;
  }[] = [];

  judge(words: CallerWords, signal: AbortSignal): Promise<Sentiment> {
    const { promise, resolve, reject } = Promise.withResolvers<Sentiment>();
    signal.addEventListener("abort", () => reject(signal.reason as Error));
    this.asked.push({ words, answer: resolve, fail: reject });
    return promise;
  }
}

let clock: ManualClock;
let registry: CallRegistry;
let judge: PatientJudge;
let settled: (Sentiment | null)[];
let failures: string[];
let changes: number;

beforeEach(() => {
  clock = new ManualClock();
  registry = new CallRegistry({
    clock,
    maxCalls: 1_000,
    onListenerError: (error) => expect.unreachable(String(error)),
  });
  judge = new PatientJudge();
  settled = [];
  failures = [];
  changes = 0;
});

function follow(withJudge: boolean): CallSentiments {
  const following = new CallSentiments({
    registry,
    quick: ({ utterances }) => (utterances.at(-1)?.includes("bad") ? "negative" : "neutral"),
    ...(withJudge && { judge }),
    clock,
    onSettled: (sentiment) => settled.push(sentiment),
    onFailure: (name, code) => failures.push(`${name} ${code}`),
  });
  following.start();
  registry.events.on("changed", () => {
    changes += 1;
  });
  return following;
}

function begin(sessionId = 1): void {
  registry.admit(aCall({ sessionId, sipCallId: `CA${sessionId}` }));
  registry.answer(sessionId);
  changes = 0;
}

let utterance = 0;
function says(text: string, { sessionId = 1, final = true } = {}): void {
  utterance += 1;
  const said = { utterance, text, final, confidence: 1, by: "voice", startedAt: clock.now() } as const;
  registry.publish(sessionId, { type: "caller-said", ...said });
}

const sentiment = (sessionId = 1) => registry.find(sessionId)?.sentiment;
const moments = () => clock.settleTo(clock.now());

describe("the sentiment of a call", () => {
  beforeEach(() => void follow(false));

  it("is there from the caller's first whole utterance, and told of when it changes", () => {
    begin();
    expect(sentiment()).toBeUndefined();
    says("this is", { final: false });
    says("5");
    registry.publish(1, {
      type: "agent-heard",
      turn: 1,
      text: "Too bad.",
      final: true,
      interrupted: false,
      startedAt: 0,
    });
    expect(sentiment()).toBeUndefined();
    says("hello");
    expect(sentiment()).toBe("neutral");
    says("how are you");
    expect(changes).toBe(1);
    says("this is bad");
    expect(sentiment()).toBe("negative");
    expect(changes).toBe(2);
    registry.end(1, "caller-hung-up");
    const record = registry.find(1);
    expect(record && storedView(record).sentiment).toBe("negative");
    expect(settled).toEqual(["negative"]);
  });

  it("is null for a caller who said nothing", () => {
    begin();
    registry.end(1, "caller-silent");
    expect(settled).toEqual([null]);
  });

  it("can come from a transcript that was supplied after the end", () => {
    begin();
    registry.end(1, "caller-hung-up");
    registry.note(1, "customer", "That was bad.");
    expect(sentiment()).toBe("negative");
  });
});

describe("a judge that takes its time", () => {
  it("is asked after every third utterance and at the end, and its word counts", async () => {
    follow(true);
    begin();
    says("one");
    says("bad two");
    expect(sentiment()).toBe("neutral");
    says("three");
    await moments();
    expect(judge.asked.map(({ words }) => words)).toEqual([
      { language: "en-US", utterances: ["one", "bad two", "three"] },
    ]);
    judge.asked[0]?.answer("positive");
    await moments();
    expect(sentiment()).toBe("positive");
    says("bad four");
    expect(sentiment()).toBe("positive");
    registry.end(1, "caller-hung-up");
    expect(settled).toEqual([]);
    await moments();
    judge.asked[1]?.answer("negative");
    await moments();
    expect(sentiment()).toBe("negative");
    expect(settled).toEqual(["negative"]);
    expect(clock.armed).toBe(0);
  });

  it("is not asked again at the end when nothing was said since, and not waited for otherwise", async () => {
    follow(true);
    begin();
    for (const text of ["one", "two", "three"]) says(text);
    await moments();
    registry.end(1, "caller-hung-up");
    expect(settled).toEqual([]);
    judge.asked[0]?.answer("positive");
    await moments();
    expect(judge.asked).toHaveLength(1);
    expect(settled).toEqual(["positive"]);
  });

  it("that fails leaves it to the words alone", async () => {
    follow(true);
    begin();
    for (const text of ["one", "two", "bad three"]) says(text);
    await moments();
    expect(sentiment()).toBe("neutral");
    judge.asked[0]?.fail(new GatewayError("PROVIDER_UNAVAILABLE", "bad three"));
    await moments();
    expect(sentiment()).toBe("negative");
    expect(failures).toEqual(["patient PROVIDER_UNAVAILABLE"]);
  });

  it("that is late has failed", async () => {
    follow(true);
    begin();
    for (const text of ["one", "two", "bad three"]) says(text);
    await clock.settleTo(clock.now() + 3_999);
    expect(failures).toEqual([]);
    await clock.settleTo(clock.now() + 1);
    expect(failures).toEqual(["patient PROVIDER_TIMEOUT"]);
    expect(sentiment()).toBe("negative");
  });

  it("is asked about four calls at a time, and about each once", async () => {
    follow(true);
    for (let sessionId = 1; sessionId <= 6; sessionId++) {
      begin(sessionId);
      for (const text of ["one", "two", "three", "four", "five", "six"]) says(text, { sessionId });
    }
    await moments();
    expect(judge.asked).toHaveLength(4);
    judge.asked[0]?.answer("positive");
    await moments();
    expect(judge.asked).toHaveLength(5);
    expect(sentiment(1)).toBe("positive");
  });

  it("that has too much to do leaves the rest to the words alone", async () => {
    follow(true);
    for (let sessionId = 1; sessionId <= 206; sessionId++) {
      begin(sessionId);
      says("bad", { sessionId });
      says("bad", { sessionId });
      registry.end(sessionId, "caller-hung-up");
    }
    await moments();
    expect(judge.asked).toHaveLength(4);
    expect(settled.length).toBeGreaterThan(0);
    expect(settled.every((one) => one === "negative")).toBe(true);
  });

  it("is given up when the gateway stops", async () => {
    const following = follow(true);
    begin();
    for (const text of ["one", "two", "bad three"]) says(text);
    await moments();
    registry.end(1, "shutdown");
    await following.close();
    expect(settled).toEqual(["negative"]);
    expect(failures).toEqual([]);
    expect(clock.armed).toBe(0);
  });
});
