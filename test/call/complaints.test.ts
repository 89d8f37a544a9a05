import { describe, expect, it } from "vitest";
import { CallIntake } from "../../src/calls/call-intake.ts";
import { CallRegistry } from "../../src/calls/call-registry.ts";
import { countingIds } from "../../src/calls/session-ids.ts";
import { InProcessSpentTokens } from "../../src/calls/spent-tokens.ts";
import { streamTokenKey } from "../../src/calls/stream-token.ts";
import type { Message } from "../../src/pipeline/language-model.ts";
import { scriptedSpeechToText } from "../../src/providers/scripted/scripted-speech-to-text.ts";
import { GatewayError } from "../../src/runtime/errors.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import { anIncomingCall } from "../support/calls.ts";
import {
  answering,
  brokenVoice,
  heardOf,
  LONG_REPLY,
  PER_CHARACTER,
  SlowTool,
  stubbornVoice,
  toolCall,
} from "../support/conversations.ts";
import { bounds, profile, Telling } from "../support/telling.ts";
import { speech, type VirtualCall } from "../support/virtual-call.ts";

/** What users of other voice gateways reported, and why it does not happen here. */

const question = speech("what-are-your-opening-hours");
const order = speech("i-need-a-repair");
const hum = speech("mm-hm.150hz");

/** The agent is in the middle of its first answer. */
async function speaking(told: VirtualCall, turn = 1): Promise<VirtualCall> {
  await told.waitsUntil(() => heardOf(told, turn).split(" ").length >= 4);
  return told;
}

async function asked(told: VirtualCall): Promise<VirtualCall> {
  await told.dial();
  await told.hearsOut(0);
  await told.says(question);
  return told;
}

const clearsOf = (told: VirtualCall): number[] =>
  told.sent.filter(({ event }) => event === "clear").map(({ at }) => at);

describe("complaints about interrupting", () => {
  it("pipecat#366: Twilio went on playing after an interruption; here it is sent a clear, and falls silent", async () => {
    const told = await speaking(await asked(await answering(["tell me", "stop please"], () => LONG_REPLY)));
    await told.says(order);
    expect(clearsOf(told)).toHaveLength(1);
    expect(told.playback.pending(told.clock.now())).toBe(0);
  });

  it("openai-agents-js#1173: a reply that had been made in full could not be interrupted; here it can", async () => {
    const told = await asked(await answering(["tell me", "stop please"], () => LONG_REPLY, { perToken: 0 }));
    await speaking(told);
    await told.waits(1_000);
    await told.says(order);
    expect(clearsOf(told)).toHaveLength(1);
    expect(told.of("agent-heard").findLast(({ turn }) => turn === 1)).toMatchObject({
      final: true,
      interrupted: true,
    });
  });

  it("openai-agents-js#1184: the model believed that it had said all; here it sees the heard words, and that it was cut", async () => {
    const seen: (readonly Message[])[] = [];
    const told = await asked(
      await answering(["tell me", "stop please"], (messages) => {
        seen.push(messages);
        return LONG_REPLY;
      }),
    );
    await speaking(told);
    await told.says(order);
    await told.waitsUntil(() =>
      seen.some((messages) => messages.some(({ role }) => role === "agent" && messages.length > 3)),
    );
    const agent = seen.at(-1)?.findLast((message) => message.role === "agent");
    expect(agent).toMatchObject({ interrupted: true, text: heardOf(told, 1) });
    expect(LONG_REPLY.startsWith(heardOf(told, 1))).toBe(true);
    expect(heardOf(told, 1).length).toBeLessThan(LONG_REPLY.length);
  });

  it("call-gpt#20: pending old replies kept coming; here nothing of the old reply is sent after the clear", async () => {
    const told = await asked(
      await answering(["tell me", "stop please"], (messages) =>
        messages.length < 4 ? LONG_REPLY : "As you wish.",
      ),
    );
    await speaking(told);
    await told.says(order);
    await told.hearsOut(2);
    const [cleared = 0] = clearsOf(told);
    const after = told.sent.filter(({ at, event }) => event === "media" && at >= cleared);
    expect(after.reduce((sum, { ms = 0 }) => sum + ms, 0)).toBe("As you wish.".length * PER_CHARACTER);
  });

  it("pipecat#3077: half a syllable of stale audio followed an interruption; here a voice that does not stop is not heard", async () => {
    const told = await asked(
      await answering(["tell me", "stop please"], () => LONG_REPLY, { textToSpeech: stubbornVoice }),
    );
    await told.waitsUntil(() => told.of("agent-heard").some(({ turn }) => turn === 1));
    await told.waits(600);
    await told.says(order);
    const [cleared = Number.NaN] = clearsOf(told);
    const next = told.of("turn-committed").find(({ turn }) => turn > 1)?.at ?? Number.POSITIVE_INFINITY;
    expect(cleared).toBeGreaterThan(0);
    expect(told.sent.filter(({ at, event }) => event === "media" && at > cleared && at < next)).toEqual([]);
  });

  it("pipecat#1622: interruptions were slow; here the clear waits for no recogniser, and comes within 120 ms of the voice", async () => {
    const told = await speaking(await asked(await answering(["tell me"], () => LONG_REPLY)));
    const voice = told.clock.now() + 200; // the fixture begins with 200 ms of silence
    await told.says(order);
    expect((clearsOf(told)[0] ?? Number.NaN) - voice).toBeLessThanOrEqual(120);
  });

  it("jambonz#545: barge-in stopped working after the third time; here the sixth works like the first", async () => {
    const told = await asked(
      await answering(
        Array.from({ length: 8 }, () => "another thing"),
        () => LONG_REPLY,
      ),
    );
    for (let times = 1; times <= 6; times++) {
      await speaking(told, Math.max(1, ...told.of("turn-committed").map(({ turn }) => turn)));
      await told.says(order);
      expect(clearsOf(told)).toHaveLength(times);
      const turns = told.of("turn-committed").length;
      await told.waitsUntil(() => told.of("turn-committed").length > turns);
    }
    expect(told.of("barge-in-decided").map(({ outcome }) => outcome)).toEqual(Array(6).fill("interrupted"));
  });

  it.each(["Stop.", "wait", "hold on"])(
    "bolna#245: %j did not stop the voice; here one such word does",
    (word) => {
      const told = new Telling().answering();
      expect(told.at(5_000, { type: "speech-started", since: 4_940 })).toEqual([{ type: "hold", turn: 1 }]);
      expect(told.at(5_150, { type: "interim", text: word, confidence: 0.6 })).toEqual([
        { type: "cancel", turn: 1 },
      ]);
    },
  );

  it("livekit/agents#4039: “mhmm” just stopped the agent; here it goes on, and every word is heard", async () => {
    const told = await speaking(await asked(await answering(["tell me", "mm-hm"], () => LONG_REPLY)));
    await told.says(hum);
    await told.hearsOut(1);
    expect(told.of("barge-in-decided")).toMatchObject([{ outcome: "resumed" }]);
    expect(heardOf(told, 1)).toBe(LONG_REPLY);
    expect(told.of("turn-committed")).toHaveLength(1);
  });

  it("agents-js#1909: interrupted before its first frame, a reply was lost; here it comes once the sound was nothing", async () => {
    const told = await asked(await answering(["tell me"], () => "We open at nine.", { firstToken: 900 }));
    await told.waitsUntil(() => told.of("turn-committed").length === 1);
    await told.says(speech("cough"));
    await told.waitsUntil(() => told.transcript.includes("agent: We open at nine."));
  });

  it("agents-js#1124: a call was in limbo after an interruption of a tool; here the tool is aborted, and the next turn answered", async () => {
    const tool = new SlowTool();
    const told = await asked(
      await answering(
        ["tell me", "something else please"],
        (messages) =>
          messages.filter(({ role }) => role === "caller").length === 1 ? toolCall(tool.name) : "Of course.",
        { tools: [tool] },
      ),
    );
    await told.waitsUntil(() => tool.running === 1);
    await told.says(order);
    await told.waitsUntil(() => told.transcript.includes("agent: Of course."));
    expect(tool).toMatchObject({ running: 0, aborted: 1 });
  });
});

describe("complaints about answering", () => {
  it("call-gpt#20: people were cut off while they thought; here a sentence with a pause is one turn", async () => {
    const parts = ["I would like to book", "an appointment for next Tuesday."];
    const told = await answering([], () => "Certainly.", {
      speechToText: scriptedSpeechToText({ words: (n) => parts[n - 1] ?? "", punctuates: true }),
    });
    await told.dial();
    await told.hearsOut(0);
    await told.says(speech("pause-heavy-01"));
    await told.hearsOut(told.of("turn-committed")[0]?.turn ?? 1);
    expect(told.of("turn-committed").map(({ callerText }) => callerText)).toEqual([parts.join(" ")]);
  });

  it("agents-js#1365: the agent guessed while a tool ran, and gave two answers; here it gives one", async () => {
    const tool = new SlowTool();
    let answers = 0;
    const told = await asked(
      await answering(
        ["what are your hours", "and on sunday"],
        (messages) => {
          if (messages.at(-1)?.role === "tool-result") {
            answers += 1;
            return "We are open every day.";
          }
          return toolCall(tool.name);
        },
        { tools: [tool] },
      ),
    );
    await told.waitsUntil(() => tool.running === 1);
    await told.says(order);
    await told.waitsUntil(() => tool.aborted === 1 && tool.running === 1);
    tool.finish();
    await told.waitsUntil(() => answers > 0);
    await told.waits(4_000);
    expect(told.transcript.filter((line) => line.includes("open every day"))).toEqual([
      "agent: We are open every day.",
    ]);
  });

  it("livekit/agents#4219: guessing doubled the cost; here a caller who always goes on ends it after four guesses", () => {
    const told = new Telling().greeted();
    let at = 2_000;
    for (let turn = 0; turn < 6; turn++) {
      for (let part = 0; part < 4; part++) {
        told.says(at, at + 800, "And another thing.");
        told.at(at + 980);
        at += 1_000; // goes on before the turn is over
      }
      told.at(at + 3_000);
      told.at(at + 3_100, { type: "typed", text: "next" });
      const { turn: number } = told.state;
      told.at(at + 3_200, { type: "started", turn: number }, { type: "replied", turn: number, spoke: true });
      told.at(at + 3_300, { type: "finished", turn: number });
      at += 4_000;
    }
    const guesses = told.told.filter(({ effect }) => effect.type === "guess").length;
    expect(guesses).toBe(4);
  });

  it("pipecat#5151: an empty reply left no timer, and 65 s of silence; here the agent speaks at once", async () => {
    const told = await asked(await answering(["tell me"], () => [{ type: "finish", reason: "stop" }]));
    await told.waitsUntil(() => told.transcript.includes(`agent: ${profile.phrases.apology}`), 5_000);
    expect(told.of("dead-air")).toMatchObject([{ cause: "reply-failed" }]);
  });

  it("pipecat#5305: words that were never spoken entered the history; here it has what a broken voice had said", async () => {
    const seen: (readonly Message[])[] = [];
    const told = await asked(
      await answering(
        ["tell me", "go on"],
        (messages) => {
          seen.push(messages);
          return seen.length === 1 ? "Of course, and here is the rest of a very long story." : "Yes.";
        },
        {
          perToken: 60, // so that the first clause has been spoken by then
          textToSpeech: (clock) => brokenVoice(clock, "rest"),
          profile: { turnTaking: { ...bounds, speculation: false } },
        },
      ),
    );
    await told.waitsUntil(() => told.transcript.includes(`agent: ${profile.phrases.apology}`));
    await told.waits(2_000);
    await told.says(order);
    await told.waitsUntil(() => seen.length > 1);
    expect(JSON.stringify(seen.at(-1))).toContain("Of course,");
    expect(JSON.stringify(seen.at(-1))).not.toContain("rest");
  });

  it("bolna#507: audio was made and never sent; here every sample of every reply is", async () => {
    const told = await asked(await answering(["tell me"], () => LONG_REPLY));
    await told.hearsOut(1);
    const sent = told.sent.reduce((sum, { ms = 0 }) => sum + ms, 0);
    expect(sent).toBe(("Hello.".length + LONG_REPLY.length) * PER_CHARACTER);
    expect(told.playback.heard(told.clock.now())).toBe(sent);
  });
});

describe("complaints about the beginning and the end of a call", () => {
  it("pipecat#5868: the caller was not heard until the slowest service was ready; here from the first frame on", async () => {
    let pushed = 0;
    const told = await answering([], () => "Yes.", {
      firstByte: 5_000,
      speechToText: {
        name: "counting",
        endpoints: "silence",
        punctuates: true,
        open: () => ({
          push: (mulaw) => (pushed += mulaw.length),
          finalize() {},
          hint() {},
          close: async () => {},
        }),
      },
    });
    await told.dial();
    await told.says(question);
    expect(told.sent).toEqual([]);
    expect(pushed).toBeGreaterThanOrEqual(question.length - 160);
  });

  it("call-gpt#61: a second socket for one call made two voices; here its token is spent", async () => {
    const clock = new ManualClock();
    const registry = new CallRegistry({ clock, maxCalls: 2, onListenerError: () => {} });
    const intake = new CallIntake({
      registry,
      profileFor: () => profile,
      speechIsDown: () => false,
      sessionIds: countingIds(),
      spentTokens: new InProcessSpentTokens(),
      tokenKey: streamTokenKey(["test"]),
      clock,
    });
    const sipCallId = "CA00000000000000000000000000000001";
    const answer = intake.incoming(anIncomingCall({ sipCallId }));
    const { token } = answer as { token: string };
    await expect(intake.claim(token, sipCallId)).resolves.toMatchObject({ sipCallId });
    await expect(intake.claim(token, sipCallId)).rejects.toBeInstanceOf(GatewayError);
  });

  it("pipecat#3179: work went on after the caller had hung up in mid-sentence; here nothing is left running", async () => {
    const tool = new SlowTool();
    const told = await asked(await answering(["tell me"], () => toolCall(tool.name), { tools: [tool] }));
    await told.waitsUntil(() => tool.running === 1);
    await told.says(order.subarray(0, 4_000));
    told.hangsUp();
    await told.clock.settleTo(told.clock.now());
    expect(told.of("call-ended")).toMatchObject([{ reason: "caller-hung-up" }]);
    expect(tool).toMatchObject({ running: 0, aborted: 1 });
    expect(told.clock.armed).toBe(0);
  });

  it("agents-js#2494: twelve quiet minutes ended a call; here a caller who answers each question keeps it", () => {
    const told = new Telling({}, { turnTaking: { ...bounds, reprompts: 1 } }).greeted();
    let at = 1_000;
    for (let minute = 0; minute < 12; minute++) {
      at += bounds.silenceLimit;
      const { turn } = told.at(at).find((effect) => effect.type === "say") as { turn: number };
      told.at(at + 100, { type: "started", turn });
      told.at(at + 900, { type: "finished", turn });
      told.says(at + 1_500, at + 2_000, "Yes, one moment.").at(at + 4_000);
      const answer = told.state.turn;
      told.at(at + 4_100, { type: "started", turn: answer }, { type: "replied", turn: answer, spoke: true });
      at += 5_000;
      told.at(at, { type: "finished", turn: answer });
    }
    expect(told.state.phase).toBe("listening");
    expect(told.state.closing).toBeUndefined();
  });
});
