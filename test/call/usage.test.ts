import { describe, expect, it } from "vitest";
import { storedView } from "../../src/calls/stored-view.ts";
import { answering } from "../support/conversations.ts";
import { speech, type VirtualCall } from "../support/virtual-call.ts";

const question = speech("what-are-your-opening-hours");
const GREETING = "Hello.";
const REPLY = "We open at nine, and we close at six.";

function usageOf(told: VirtualCall) {
  const [first] = told.events;
  const record = told.registry.find(first?.sessionId ?? 0);
  if (record === undefined) throw new Error("The call is gone");
  return storedView(record).usage;
}

describe("what a call uses", () => {
  it("is every second of it, every token and every character that was spoken", async () => {
    const told = await answering(["what are your hours"], () => REPLY, { profile: { greeting: GREETING } });
    await told.dial();
    await told.hearsOut(0);
    await told.says(question);
    await told.hearsOut(1);
    const asked = told.of("model-used").length;
    expect(asked).toBeGreaterThan(0);
    const length = told.clock.now();
    told.hangsUp();
    const usage = usageOf(told);
    expect(usage).toMatchObject({ telephony: length, stt: length, estimated: true });
    expect(usage?.outputTokens).toBeGreaterThanOrEqual(Math.ceil(REPLY.length / 4));
    expect(usage?.inputTokens).toBeGreaterThan(usage?.outputTokens ?? 0);
    expect(usage?.ttsCharacters).toBeGreaterThanOrEqual(GREETING.length + REPLY.length);
  });

  it("includes what was being made when the caller hung up", async () => {
    const told = await answering(["what are your hours"], () => REPLY.repeat(20), { perToken: 50 });
    await told.dial();
    await told.hearsOut(0);
    const before = told.of("voice-used").length;
    await told.says(question);
    await told.waitsUntil(() => told.of("agent-heard").some(({ turn }) => turn === 1));
    expect(told.of("model-used")).toEqual([]);
    told.hangsUp();
    expect(told.of("model-used")).toMatchObject([{ estimated: true }]);
    expect(told.of("voice-used").length).toBe(before + 1);
    expect(usageOf(told)?.outputTokens).toBeGreaterThan(0);
    expect(told.events.at(-1)?.type).toBe("call-ended");
  });
});
