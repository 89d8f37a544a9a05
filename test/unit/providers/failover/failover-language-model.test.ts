import { describe, expect, it } from "vitest";
import type { LanguageModel, ReplyPart } from "../../../../src/pipeline/language-model.ts";
import { failoverLanguageModel } from "../../../../src/providers/failover/failover-language-model.ts";
import { scriptedLanguageModel } from "../../../../src/providers/scripted/scripted-language-model.ts";
import { CircuitBreakers } from "../../../../src/runtime/circuit-breakers.ts";
import { GatewayError } from "../../../../src/runtime/errors.ts";
import { ManualClock } from "../../../../src/runtime/manual-clock.ts";

const clock = new ManualClock();
const down = new GatewayError("PROVIDER_UNAVAILABLE", "down");
const word = (text: string): ReplyPart => ({ type: "text", text });
const hints = (...phrases: string[]): ReplyPart => ({ type: "hints", phrases });
const call: ReplyPart = { type: "tool-call", call: { id: "1", name: "end_call", arguments: "{}" } };
const stop: ReplyPart = { type: "finish", reason: "stop" };

function answering(name: string, ...parts: ReplyPart[]): LanguageModel {
  return { ...scriptedLanguageModel({ clock, answer: () => parts }), name };
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
  const failures: [string, GatewayError][] = [];
  const model = failoverLanguageModel(providers, {
    onFailure: (provider, error) => failures.push([provider, error]),
    breakers: new CircuitBreakers(new ManualClock()),
  });
  return { model, failures };
}

async function ask(model: LanguageModel, signal = new AbortController().signal) {
  const parts: ReplyPart[] = [];
  const request = { conversationId: "1", prompt: "", messages: [], tools: [], signal };
  try {
    for await (const part of model.reply(request)) parts.push(part);
    return { parts };
  } catch (error) {
    return { parts, error };
  }
}

describe("failoverLanguageModel", () => {
  it("is the provider itself when there is only one", () => {
    const only = answering("a", stop);
    expect(listOf(only).model).toBe(only);
  });

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

  it.each([
    ["a word", word("I")],
    ["a tool call", call],
  ])("lets the failure through after %s", async (_, part) => {
    const { model, failures } = listOf(failing("a", down, part), answering("b", word("Hi"), stop));
    expect(await ask(model)).toEqual({ parts: [part], error: down });
    expect(failures).toEqual([]);
  });

  it("throws when a reply stops in the middle without a word about it", async () => {
    const { model } = listOf(answering("a", word("I")), answering("b", stop));
    expect(await ask(model)).toMatchObject({ parts: [word("I")], error: { code: "PROVIDER_PROTOCOL" } });
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
