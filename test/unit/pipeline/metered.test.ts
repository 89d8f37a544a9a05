import { describe, expect, it } from "vitest";
import type { LanguageModel, ReplyPart, ReplyRequest } from "../../../src/pipeline/language-model.ts";
import { type ModelUsage, meteredReply } from "../../../src/pipeline/metered-model.ts";
import { meteredVoice } from "../../../src/pipeline/metered-voice.ts";

function request(signal = new AbortController().signal): ReplyRequest {
  const messages = [{ role: "caller", text: "four", by: "voice" }] as const;
  return { conversationId: "1", prompt: "A prompt of 24 letters..", messages, tools: [], signal };
}

function model(...parts: readonly ReplyPart[]): LanguageModel {
  return {
    name: "scripted",
    async *reply() {
      yield* parts;
    },
  };
}

/** The parts that come through, and what was told of them. */
async function metered(of: LanguageModel, asked = request()) {
  const told: ModelUsage[] = [];
  const parts: ReplyPart[] = [];
  try {
    for await (const part of meteredReply(of, asked, (usage) => told.push(usage))) parts.push(part);
  } catch {
    // what was told by then is what counts
  }
  return { told, parts };
}

describe("a metered model", () => {
  it("tells the tokens that the model counted", async () => {
    const usage = { input: 120, output: 8 };
    const { told, parts } = await metered(
      model({ type: "text", text: "Yes." }, { type: "finish", reason: "stop", usage }),
    );
    expect(told).toEqual([{ input: 120, output: 8, estimated: false }]);
    expect(parts).toHaveLength(2);
  });

  it("estimates them by the length of the texts when the model does not count", async () => {
    const { told } = await metered(
      model({ type: "text", text: "Certainly." }, { type: "finish", reason: "stop" }),
    );
    expect(told).toEqual([{ input: 7, output: 3, estimated: true }]);
  });

  it("tells of answers that were not used, whoever gave them", async () => {
    const wasteful: LanguageModel = {
      name: "list",
      async *reply({ wasted }) {
        wasted?.("b", 8);
        yield { type: "finish", reason: "stop", usage: { input: 9, output: 1 } };
      },
    };
    expect((await metered(wasteful)).told).toEqual([
      { provider: "b", input: 7, output: 2, estimated: true },
      { input: 9, output: 1, estimated: false },
    ]);
  });

  it("tells at once, and once, what a reply took that is broken off", async () => {
    const abort = new AbortController();
    const told: ModelUsage[] = [];
    const endless: LanguageModel = {
      name: "endless",
      async *reply() {
        for (;;) yield { type: "text", text: "four" };
      },
    };
    for await (const _ of meteredReply(endless, request(abort.signal), (usage) => told.push(usage))) {
      abort.abort();
      expect(told).toEqual([{ input: 7, output: 1, estimated: true }]);
      break;
    }
    expect(told).toHaveLength(1);
  });

  it("tells nothing of a model that refused", async () => {
    const refusing: LanguageModel = {
      name: "refusing",
      // biome-ignore lint/correctness/useYield: it fails before its first word
      async *reply() {
        throw new Error("429");
      },
    };
    expect((await metered(refusing)).told).toEqual([]);
  });
});

describe("a metered voice", () => {
  const silent = {
    speak: () => ({ write() {}, flush() {}, end() {}, cancel() {} }),
    close: () => Promise.resolve(),
  };

  it("tells once for each utterance how many characters it was given", () => {
    const told: number[] = [];
    const voice = meteredVoice(silent, (characters) => told.push(characters));
    const whole = voice.speak(() => {});
    whole.write("We open ");
    whole.write("at nine.");
    whole.end();
    whole.cancel();
    const broken = voice.speak(() => {});
    broken.write("And");
    broken.cancel();
    voice.speak(() => {}).end();
    expect(told).toEqual([16, 3]);
  });
});
