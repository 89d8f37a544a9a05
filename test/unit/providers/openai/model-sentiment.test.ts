import { describe, expect, it } from "vitest";
import type { Message, ReplyPart } from "../../../../src/pipeline/language-model.ts";
import { ModelSentiment } from "../../../../src/providers/openai/model-sentiment.ts";
import { scriptedLanguageModel } from "../../../../src/providers/scripted/scripted-language-model.ts";
import { ManualClock } from "../../../../src/runtime/manual-clock.ts";

const words = { language: "de-DE", utterances: ["Guten Tag.", "Das ist\nschlimm."] };

function answering(
  answer: string | readonly ReplyPart[],
  asked: (readonly Message[])[] = [],
): ModelSentiment {
  return new ModelSentiment(
    scriptedLanguageModel({
      clock: new ManualClock(),
      answer: (messages) => {
        asked.push(messages);
        return answer;
      },
    }),
  );
}

const judged = (judge: ModelSentiment, signal = new AbortController().signal) => judge.judge(words, signal);

describe("the sentiment by a language model", () => {
  it("is asked for with what the caller said, a line for each utterance", async () => {
    const asked: (readonly Message[])[] = [];
    await judged(answering("negative", asked));
    expect(asked).toEqual([[{ role: "caller", text: "- Guten Tag.\n- Das ist schlimm.", by: "typing" }]]);
  });

  it.each([
    ["negative", "negative"],
    ["Neutral.", "neutral"],
    ["The caller feels POSITIVE", "positive"],
  ])("is read from %j", async (answer, sentiment) => {
    expect(await judged(answering(answer))).toBe(sentiment);
  });

  it.each(["", "I cannot tell.", `${"so ".repeat(100)}positive`])("is not read from %j", async (answer) => {
    await expect(judged(answering(answer))).rejects.toMatchObject({ code: "PROVIDER_PROTOCOL" });
  });

  it("is not made up when it was aborted", async () => {
    const gone = AbortSignal.abort(new Error("gone"));
    await expect(judged(answering("positive"), gone)).rejects.toThrow("gone");
  });
});
