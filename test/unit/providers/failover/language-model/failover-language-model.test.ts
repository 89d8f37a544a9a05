import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LanguageModel, ReplyPart, ReplyRequest } from "../../../../../src/pipeline/language-model.ts";
import {
  type FailoverLanguageModelOptions,
  failoverLanguageModel,
} from "../../../../../src/providers/failover/language-model/failover-language-model.ts";
import { scriptedLanguageModel } from "../../../../../src/providers/scripted/scripted-language-model.ts";
import { CircuitBreakers } from "../../../../../src/runtime/circuit-breakers.ts";
import { GatewayError } from "../../../../../src/runtime/errors.ts";
import { ManualClock } from "../../../../../src/runtime/manual-clock.ts";
import { sleep } from "../../../../../src/runtime/sleep.ts";

let clock = new ManualClock();
beforeEach(() => {
  clock = new ManualClock();
});
afterEach(() => expect(clock.armed, "timers left behind").toBe(0));

const down = new GatewayError("PROVIDER_UNAVAILABLE", "down");
const word = (text: string): ReplyPart => ({ type: "text", text });
const hints = (...phrases: string[]): ReplyPart => ({ type: "hints", phrases });
const call: ReplyPart = { type: "tool-call", call: { id: "1", name: "end_call", arguments: "{}" } };
const stop: ReplyPart = { type: "finish", reason: "stop" };

function answering(name: string, ...parts: ReplyPart[]): LanguageModel {
  return { ...scriptedLanguageModel({ clock, answer: () => parts }), name };
}

/** Its first part comes after so many ms. */
function slow(name: string, firstToken: number, ...parts: ReplyPart[]): LanguageModel {
  return { ...scriptedLanguageModel({ clock, answer: () => parts, firstToken }), name };
}

/** Gives these parts, and then nothing more until it is aborted; or for ever, if it takes no notice of that. */
function hanging(name: string, parts: readonly ReplyPart[] = [], deaf = false): LanguageModel {
  return {
    name,
    async *reply({ signal }) {
      yield* parts;
      await new Promise<void>((resolve) => {
        if (!deaf) signal.addEventListener("abort", () => resolve(), { once: true });
      });
    },
  };
}

/** Answers its n-th request as the n-th model would; the requests are kept. */
function inTurn(name: string, ...models: LanguageModel[]) {
  const requests: ReplyRequest[] = [];
  const model: LanguageModel = {
    name,
    reply(request) {
      requests.push(request);
      return (models[requests.length - 1] as LanguageModel).reply(request);
    },
  };
  return { model, requests };
}

/** Gives these parts and then throws. */
function failing(name: string, error: unknown, ...parts: ReplyPart[]): LanguageModel {
  return {
    name,
    async *reply() {
      yield* parts;
      throw error;
    },
  };
}

function listOf(...providers: LanguageModel[]) {
  return listWith({}, ...providers);
}

function listWith(options: Partial<FailoverLanguageModelOptions>, ...providers: LanguageModel[]) {
  const failures: [string, GatewayError][] = [];
  const breakers = new CircuitBreakers(clock);
  const model = failoverLanguageModel(providers, {
    clock,
    onFailure: (provider, error) => failures.push([provider, error]),
    breakers,
    firstToken: 2_500,
    ...options,
  });
  return { model, failures, breakers };
}

/** All that the model gives, with the clock moving on by itself. */
async function ask(model: LanguageModel, signal = new AbortController().signal, more = {}) {
  const asking = askNow(model, signal, more);
  let over = false;
  void asking.then(() => {
    over = true;
  });
  while (!over) {
    await clock.settleTo(clock.now());
    if (!over && clock.nextDue !== undefined) await clock.settleTo(clock.nextDue);
  }
  return asking;
}

async function askNow(model: LanguageModel, signal: AbortSignal, more: Partial<ReplyRequest>) {
  const parts: ReplyPart[] = [];
  const request = { conversationId: "1", prompt: "", messages: [], tools: [], signal, ...more };
  try {
    for await (const part of model.reply(request)) parts.push(part);
    return { parts };
  } catch (error) {
    return { parts, error };
  }
}

describe("failoverLanguageModel", () => {
  it("refuses an empty list", () => {
    expect(() => listOf()).toThrow(RangeError);
  });

  it("gives the first provider's reply and asks no other", async () => {
    const { model, failures } = listOf(answering("a", word("Hi"), stop), failing("b", down));
    expect(await ask(model)).toEqual({ parts: [word("Hi"), stop] });
    expect(failures).toEqual([]);
  });

  it("asks the next one when the one before throws before any word, down the list", async () => {
    const { model, failures } = listOf(
      failing("a", down),
      failing("b", new Error("bug")),
      answering("c", word("Hi"), stop),
    );
    expect(await ask(model)).toEqual({ parts: [word("Hi"), stop] });
    expect(failures.map(([provider, { code }]) => [provider, code])).toEqual([
      ["a", "PROVIDER_UNAVAILABLE"],
      ["b", "PROVIDER_UNAVAILABLE"],
    ]);
    expect(failures[0]?.[1]).toBe(down);
  });

  it("asks the next one when a reply ends without a finish before any word", async () => {
    const { model, failures } = listOf(answering("a"), answering("b", word("Hi"), stop));
    expect(await ask(model)).toEqual({ parts: [word("Hi"), stop] });
    expect(failures.map(([provider, { code }]) => [provider, code])).toEqual([["a", "PROVIDER_PROTOCOL"]]);
  });

  it("takes a reply that finishes without a word for a reply", async () => {
    const { model } = listOf(answering("a", stop), answering("b", word("Hi"), stop));
    expect(await ask(model)).toEqual({ parts: [stop] });
  });

  it("never shows the hints of a provider that fails, nor takes empty text for a word", async () => {
    const { model } = listOf(
      failing("a", down, hints("sales"), word("")),
      answering("b", hints("yes"), word("Well?"), hints("yes", "no"), stop),
    );
    expect(await ask(model)).toEqual({ parts: [hints("yes"), word("Well?"), hints("yes", "no"), stop] });
  });

  it("lets the failure through after a tool call: what it does might be done twice", async () => {
    const { model, failures } = listOf(failing("a", down, call), answering("b", word("Hi"), stop));
    expect(await ask(model)).toEqual({ parts: [call], error: down });
    expect(failures).toEqual([]);
  });

  it("lets the last provider's failure through", async () => {
    const last = new GatewayError("PROVIDER_RATE_LIMITED", "slow down");
    const { model, failures } = listOf(failing("a", down), failing("b", last));
    expect(await ask(model)).toEqual({ parts: [], error: last });
    expect(failures.map(([provider]) => provider)).toEqual(["a"]);
  });

  it("takes an abort for no failure, whether the provider ends or throws", async () => {
    const gone = new AbortController();
    gone.abort();
    const quiet = listOf(answering("a", word("Hi")), answering("b", word("Hi"), stop));
    expect(await ask(quiet.model, gone.signal)).toEqual({ parts: [] });
    const loud = listOf(failing("a", new Error("aborted")), answering("b", word("Hi"), stop));
    expect(await ask(loud.model, gone.signal)).toEqual({ parts: [] });
    expect([...quiet.failures, ...loud.failures]).toEqual([]);
  });

  it("closes the provider's reply when its user leaves", async () => {
    let closed = false;
    const endless: LanguageModel = {
      name: "a",
      async *reply() {
        try {
          for (;;) yield word("on ");
        } finally {
          closed = true;
        }
      },
    };
    const { model } = listOf(endless, answering("b", stop));
    const { signal } = new AbortController();
    const request = { conversationId: "1", prompt: "", messages: [], tools: [], signal };
    for await (const _ of model.reply(request)) break;
    expect(closed).toBe(true);
  });

  it("has the name, the opening hints and the warming of the first", () => {
    const warmed: string[] = [];
    const warming = (name: string): LanguageModel => ({
      ...answering(name, stop),
      openingHints: [`${name} hint`],
      warm: () => warmed.push(name),
    });
    const { model } = listOf(warming("a"), warming("b"));
    model.warm?.();
    expect([model.name, model.openingHints, warmed]).toEqual(["a", ["a hint"], ["a"]]);
  });
});

function textOf({ parts }: { parts: readonly ReplyPart[] }): string {
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}

describe("a model that keeps the caller waiting", () => {
  it.each([
    ["that takes notice of being given up", false],
    ["that takes none", true],
  ])("is given up at the deadline to its first word, one %s", async (_, deaf) => {
    const { model, failures } = listOf(hanging("a", [hints("x")], deaf), answering("b", word("Hi."), stop));
    expect(await ask(model)).toEqual({ parts: [word("Hi."), stop] });
    expect(clock.now()).toBe(2_500);
    expect(failures).toMatchObject([
      ["a", { code: "PROVIDER_TIMEOUT", message: "a: no first token for 2500 ms" }],
    ]);
  });

  it("is waited for until just before the deadline", async () => {
    const { model, failures } = listOf(slow("a", 2_499, word("Hi."), stop), answering("b", stop));
    expect(textOf(await ask(model))).toBe("Hi.");
    expect(failures).toEqual([]);
  });

  it("is given the time between two tokens while it writes a tool call, however long that is", async () => {
    const progress: ReplyPart[] = Array(10).fill({ type: "progress" });
    const writing = scriptedLanguageModel({
      clock,
      answer: () => [...progress, call, stop],
      firstToken: 2_000,
      perToken: 1_400,
    });
    const { model } = listOf({ ...writing, name: "a" }, answering("b", stop));
    expect(await ask(model)).toEqual({ parts: [call, stop] });
  });

  it("is not charged with the time of whoever hears it", async () => {
    const { model } = listOf(answering("a", word("One "), word("two "), stop), answering("b", stop));
    const { signal } = new AbortController();
    const parts: string[] = [];
    for await (const part of model.reply({
      conversationId: "1",
      prompt: "",
      messages: [],
      tools: [],
      signal,
    })) {
      parts.push(part.type);
      clock.advanceTo(clock.now() + 10_000);
    }
    expect(parts).toEqual(["text", "text", "finish"]);
  });

  it("ends at once when the reply is not wanted any more, whatever the model does", async () => {
    const leaving = new AbortController();
    const { model, failures } = listOf(hanging("a", [], true), answering("b", word("Hi"), stop));
    const asking = askNow(model, leaving.signal, {});
    await clock.settleTo(100);
    leaving.abort();
    expect(await asking).toEqual({ parts: [] });
    expect(failures).toEqual([]);
  });
});

describe("an only model that fails", () => {
  const answer = answering("a", word("Hi."), stop);

  it.each([
    ["is unavailable", 0, failing("a", down)],
    ["breaks the protocol", 0, answering("a")],
    ["hangs", 2_500, hanging("a")],
    ["has too many requests", 250, failing("a", new GatewayError("PROVIDER_RATE_LIMITED", "slow down"))],
    [
      "asks for a second",
      1_000,
      failing("a", new GatewayError("PROVIDER_RATE_LIMITED", "x", { retryAfter: 1_000 })),
    ],
  ])("is asked once more, on a connection of its own, when it %s", async (_, after, broken) => {
    const { model: only, requests } = inTurn("a", broken, answer);
    expect(textOf(await ask(listOf(only).model))).toBe("Hi.");
    expect(clock.now()).toBe(after);
    expect(requests.map(({ again }) => again)).toEqual([undefined, true]);
  });

  it.each([
    ["has refused", new GatewayError("PROVIDER_REFUSED", "no such model")],
    ["asks for a minute", new GatewayError("PROVIDER_RATE_LIMITED", "x", { retryAfter: 60_000 })],
  ])("is not asked again when it %s", async (_, error) => {
    const { model: only, requests } = inTurn("a", failing("a", error), answer);
    expect(await ask(listOf(only).model)).toEqual({ parts: [], error });
    expect(requests).toHaveLength(1);
  });

  it("is asked twice at most", async () => {
    const { model: only, requests } = inTurn("a", failing("a", new Error("1")), failing("a", down), answer);
    expect(await ask(listOf(only).model)).toEqual({ parts: [], error: down });
    expect(requests).toHaveLength(2);
  });
});

describe("a reply that breaks in the middle", () => {
  it.each([
    ["throws", failing("a", down, word("We open"), word(" at nine, and"), word(" we clo"))],
    ["stops without a finish", answering("a", word("We open"), word(" at nine, and"), word(" we clo"))],
    ["stalls", hanging("a", [word("We open"), word(" at nine, and"), word(" we clo")])],
  ])("is gone on with by the next model, in whole words, when it %s", async (_, broken) => {
    const { model: second, requests } = inTurn("b", answering("b", word("we close"), word(" at six."), stop));
    const { model, failures } = listOf(broken, second);
    expect(textOf(await ask(model))).toBe("We open at nine, and we close at six.");
    expect(requests[0]?.continuing).toBe("We open at nine, and we");
    expect(failures.map(([provider]) => provider)).toEqual(["a"]);
  });

  it("drops what the next model repeats", async () => {
    const { model } = listOf(
      failing("a", down, word("We open at nine, and we ")),
      answering("b", word("at nine, "), word("and we close "), word("at six."), stop),
    );
    expect(textOf(await ask(model))).toBe("We open at nine, and we close at six.");
  });

  it("is gone on with by the same model when there is no other", async () => {
    const { model: only, requests } = inTurn(
      "a",
      failing("a", down, word("We open ")),
      answering("a", word("at nine."), stop),
    );
    expect(textOf(await ask(listOf(only).model))).toBe("We open at nine.");
    expect(requests[1]).toMatchObject({ continuing: "We open ", again: true });
  });

  it("is begun anew when no whole word was given", async () => {
    const { model: second, requests } = inTurn("b", answering("b", word("Well."), stop));
    expect(textOf(await ask(listOf(failing("a", down, word("We")), second).model))).toBe("Well.");
    expect(requests[0]?.continuing).toBeUndefined();
  });

  it("fails once nobody is left, with all that was given", async () => {
    const last = new GatewayError("PROVIDER_TIMEOUT", "late");
    const { model } = listOf(failing("a", down, word("We open ")), failing("b", last, word("at nine ")));
    expect(await ask(model)).toEqual({ parts: [word("We open "), word("at nine ")], error: last });
  });

  it("is counted as waste as far as it was written", async () => {
    const wasted: [string, number][] = [];
    const { model } = listOf(failing("a", down, word("We open ")), answering("b", word("at nine."), stop));
    await ask(model, undefined, {
      wasted: (provider: string, length: number) => wasted.push([provider, length]),
    });
    expect(wasted).toEqual([["a", 8]]);
  });
});

describe("circuit breakers of a list of models", () => {
  function opened(breakers: CircuitBreakers, name: string): void {
    for (let failure = 0; failure < 5; failure++) breakers.tell(name, "failed");
  }

  it("open after five failures, and then the provider is not asked", async () => {
    const { model: first, requests } = inTurn("a", ...Array(9).fill(failing("a", down)));
    const { model, failures, breakers } = listOf(first, answering("b", word("Hi."), stop));
    for (let reply = 0; reply < 7; reply++) expect(textOf(await ask(model))).toBe("Hi.");
    expect(requests).toHaveLength(5);
    expect(failures).toHaveLength(5);
    expect(breakers.reports).toMatchObject([
      { name: "a", state: "open" },
      { name: "b", state: "closed" },
    ]);
  });

  it("are tried by one reply after a rest, and closed by its finish", async () => {
    const { model: first, requests } = inTurn(
      "a",
      ...Array(9).fill(answering("a", word("I am back."), stop)),
    );
    const { model, breakers } = listOf(first, answering("b", word("Hi."), stop));
    opened(breakers, "a");
    await clock.settleTo(5_000);
    const probe = model.reply({
      conversationId: "1",
      prompt: "",
      messages: [],
      tools: [],
      signal: new AbortController().signal,
    });
    const parts = probe[Symbol.asyncIterator]();
    await parts.next();
    expect(textOf(await ask(model))).toBe("Hi.");
    await parts.next();
    await parts.next();
    expect(requests).toHaveLength(1);
    expect(breakers.reports[0]).toEqual({ name: "a", state: "closed" });
    expect(textOf(await ask(model))).toBe("I am back.");
  });

  it("do not keep the last one, or an only one, from being asked", async () => {
    const { model, breakers } = listOf(answering("a", word("A."), stop), answering("b", word("B."), stop));
    opened(breakers, "a");
    opened(breakers, "b");
    expect(textOf(await ask(model))).toBe("B.");
  });

  it("let the last one be asked twice when it is the only one that is asked", async () => {
    const { model: last } = inTurn("b", failing("b", down), answering("b", word("B."), stop));
    const { model, breakers } = listOf(answering("a", stop), last);
    opened(breakers, "a");
    expect(textOf(await ask(model))).toBe("B.");
  });

  it.each([
    ["count a reply that the caller broke off for a success", [word("One ")], "closed"],
    ["count one that was broken off before its first word for nothing", [], "half-open"],
  ])("%s", async (_, parts, state) => {
    const { model, breakers } = listOf(hanging("a", parts));
    opened(breakers, "a");
    await clock.settleTo(5_000);
    const leaving = new AbortController();
    const asking = askNow(model, leaving.signal, {});
    await clock.settleTo(5_100);
    leaving.abort();
    await asking;
    expect(breakers.reports).toEqual([{ name: "a", state }]);
  });
});

describe("hedging", () => {
  const outcomes: string[] = [];
  beforeEach(() => {
    outcomes.length = 0;
  });
  const hedged = (...providers: LanguageModel[]) =>
    listWith({ hedgePercentile: 90, onHedge: (outcome) => outcomes.push(outcome) }, ...providers);
  const usual = (name: string, times: number, took: number) =>
    Array.from({ length: times }, () => slow(name, took, word("Quick."), stop));

  it("asks nobody else before there are enough replies to judge by", async () => {
    const { model: first } = inTurn("a", ...usual("a", 19, 300), slow("a", 2_000, word("Slow."), stop));
    const { model: second, requests } = inTurn("b", answering("b", word("Other."), stop));
    const { model } = hedged(first, second);
    for (let reply = 0; reply < 19; reply++) expect(textOf(await ask(model))).toBe("Quick.");
    expect(textOf(await ask(model))).toBe("Slow.");
    expect(requests).toHaveLength(0);
  });

  it("asks the next one as well after the percentile, and the first to begin has the reply", async () => {
    const aborted: string[] = [];
    const slowly = slow("a", 2_000, word("Slow."), stop);
    const watched: LanguageModel = {
      name: "a",
      reply(request) {
        request.signal.addEventListener("abort", () => aborted.push("a"));
        return slowly.reply(request);
      },
    };
    const { model: first } = inTurn("a", ...usual("a", 20, 300), watched);
    const { model, failures } = hedged(first, slow("b", 100, word("Other."), stop));
    for (let reply = 0; reply < 20; reply++) await ask(model);
    const asked = clock.now();
    const wasted: [string, number][] = [];
    const told = await ask(model, undefined, {
      wasted: (name: string, length: number) => wasted.push([name, length]),
    });
    expect(textOf(told)).toBe("Other.");
    expect(clock.now() - asked).toBe(400);
    expect({ aborted, wasted, outcomes, failures }).toEqual({
      aborted: ["a"],
      wasted: [["a", 0]],
      outcomes: ["won"],
      failures: [],
    });
  });

  it("keeps the first one's reply when that begins first, and asks never sooner than after 200 ms", async () => {
    const { model: first } = inTurn("a", ...usual("a", 20, 20), slow("a", 250, word("Slow."), stop));
    const { model: second, requests } = inTurn("b", slow("b", 100, word("Other."), stop));
    const { model } = hedged(first, second);
    for (let reply = 0; reply < 20; reply++) await ask(model);
    expect(textOf(await ask(model))).toBe("Slow.");
    expect(requests).toHaveLength(1);
    expect(outcomes).toEqual(["lost"]);
  });

  it("asks an only one a second time", async () => {
    const { model: only, requests } = inTurn(
      "a",
      ...usual("a", 20, 300),
      hanging("a"),
      slow("a", 100, word("Again."), stop),
    );
    const { model } = hedged(only);
    for (let reply = 0; reply < 20; reply++) await ask(model);
    expect(textOf(await ask(model))).toBe("Again.");
    expect(requests.at(-1)?.again).toBe(true);
  });

  it("waits for the one that is left when the other fails, and goes on down the list when both do", async () => {
    const { model: first } = inTurn(
      "a",
      ...usual("a", 20, 300),
      slow("a", 1_000, word("Slow."), stop),
      failingAfter("a", 1_000),
    );
    const { model, failures } = hedged(first, failingAfter("b", 50), answering("c", word("Third."), stop));
    for (let reply = 0; reply < 20; reply++) await ask(model);
    expect(textOf(await ask(model))).toBe("Slow.");
    expect(failures.map(([name]) => name)).toEqual(["b"]);
    expect(textOf(await ask(model))).toBe("Third.");
    expect(failures.map(([name]) => name)).toEqual(["b", "b", "a"]);
    expect(outcomes).toEqual(["lost", "failed"]);
  });

  it("asks the next one at once when the first fails before the percentile", async () => {
    const { model: first } = inTurn("a", ...usual("a", 20, 300), failingAfter("a", 100));
    const { model } = hedged(first, answering("b", word("Other."), stop));
    for (let reply = 0; reply < 20; reply++) await ask(model);
    const asked = clock.now();
    expect(textOf(await ask(model))).toBe("Other.");
    expect(clock.now() - asked).toBe(100);
    expect(outcomes).toEqual([]);
  });

  function failingAfter(name: string, ms: number): LanguageModel {
    return {
      name,
      // biome-ignore lint/correctness/useYield: it fails before it has anything to give
      async *reply({ signal }) {
        await sleep(clock, ms, signal);
        throw down;
      },
    };
  }
});
