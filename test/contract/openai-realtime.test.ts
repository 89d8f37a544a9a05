import { afterEach, describe, expect, it } from "vitest";
import { BYTES_PER_MS, durationOf, SILENCE } from "../../src/audio/audio-format.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { ManualClock } from "../../src/runtime/manual-clock.ts";
import {
  type OpenAiRealtimeStandIn,
  type OpenAiRealtimeStandInOptions,
  startOpenAiRealtimeStandIn,
} from "../../src/simulation/stand-ins/openai-realtime-stand-in.ts";
import { speech } from "../support/virtual-call.ts";
import { Listening, wire } from "./openai-realtime-harness.ts";

const opened: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function start(options: Partial<OpenAiRealtimeStandInOptions> = {}): Promise<OpenAiRealtimeStandIn> {
  const standIn = await startOpenAiRealtimeStandIn({
    clock: systemClock,
    firstAudio: 5,
    transcriptionDelay: 5,
    speed: 200,
    charactersPerSecond: 40,
    ...options,
  });
  opened.push(() => standIn.close());
  return standIn;
}

function listen(...given: ConstructorParameters<typeof Listening>): Listening {
  const listening = new Listening(...given);
  opened.push(() => listening.session.close());
  return listening;
}

/** Speech and the silence that ends it; audio may come faster than real time. */
const utterance = Buffer.concat([speech("yes"), Buffer.alloc(700 * BYTES_PER_MS, SILENCE)]);

function says(listening: Listening, audio: Uint8Array = utterance): void {
  for (let at = 0; at < audio.length; at += 160) listening.session.push(audio.subarray(at, at + 160));
}

describe("OpenAI Realtime", () => {
  it("says what it is told, in the order of the wire", async () => {
    const standIn = await start();
    const listening = listen(standIn);
    listening.session.respond({ turn: 0, say: "Hello, how can I help you?" });
    await listening.until("reply-ended");
    expect(wire(standIn)).toEqual([
      "in open",
      "out session.created",
      "in session.update",
      "out session.updated",
      "in response.create",
      "out response.created",
      "out response.output_item.added",
      "out conversation.item.added",
      "out response.content_part.added",
      ...[1, 2, 3, 4].flatMap(() => [
        "out response.output_audio_transcript.delta",
        "out response.output_audio.delta",
      ]),
      "out response.output_audio.done",
      "out response.output_audio_transcript.done",
      "out response.content_part.done",
      "out conversation.item.done",
      "out response.output_item.done",
      "out response.done",
      "out rate_limits.updated",
    ]);
    const types = listening.events.map(({ type }) => type);
    expect([types.slice(0, 3), types.slice(-2)]).toEqual([
      ["ready", "reply-started", "words"],
      ["item-done", "reply-ended"],
    ]);
    expect(
      listening
        .of("words")
        .map(({ text }) => text)
        .join(""),
    ).toBe("Hello, how can I help you?");
    const audio = listening.of("audio").reduce((sum, { mulaw }) => sum + durationOf(mulaw.length), 0);
    expect(audio).toBe((26 * 1000) / 40);
    expect(listening.of("reply-started")).toMatchObject([{ turn: 0 }]);
    expect(listening.of("reply-ended")).toMatchObject([{ outcome: "completed" }]);
  });

  it("hears the caller, also what was said before it was ready, writes it down and replies unasked", async () => {
    const standIn = await start({ transcript: () => "yes please" });
    const listening = listen(standIn);
    says(listening);
    await listening.until("reply-ended");
    const order = ["caller-started", "caller-stopped", "reply-started", "reply-ended"];
    const types = listening.events.map(({ type }) => type).filter((type) => order.includes(type));
    expect(types).toEqual(order);
    const [started] = listening.of("caller-started");
    while (!listening.of("caller-words").some(({ final }) => final)) {
      await listening.until("caller-words", listening.of("caller-words").length + 1);
    }
    expect(listening.of("caller-words").at(-1)).toMatchObject({ item: started?.item, text: "yes please" });
    expect(listening.of("reply-started")[0]?.turn).toBeUndefined();
    expect(wire(standIn)).toContain("in input_audio_buffer.append");
  });

  it("is interrupted by the caller: the service cancels, and nothing more is asked of it", async () => {
    const standIn = await start({ speed: 1 });
    const listening = listen(standIn);
    listening.session.respond({
      turn: 0,
      say: "A long sentence that nobody will ever hear to its very end.",
    });
    const { item } = await listening.until("audio");
    says(listening, speech("yes"));
    await listening.until("caller-started");
    listening.session.cancel();
    listening.session.truncate(item, 120.5);
    expect(await listening.until("reply-ended")).toMatchObject({ outcome: "cancelled" });
    // The service answers in order: what follows the reply shows that all before it was accepted.
    listening.session.respond({ turn: 1, say: "Yes?" });
    await listening.until("reply-ended", 2);
    const asked = standIn.log.filter(({ direction }) => direction === "in").map(({ what }) => what);
    expect(asked).toContain("conversation.item.truncate");
    expect(asked).not.toContain("response.cancel");
    expect(listening.of("complaint")).toEqual([]);
  });

  it("is interrupted by us: one cancellation, and what was heard is told", async () => {
    const standIn = await start({ speed: 1 });
    const listening = listen(standIn);
    listening.session.respond({
      turn: 0,
      say: "A long sentence that nobody will ever hear to its very end.",
    });
    const { item } = await listening.until("audio");
    listening.session.cancel();
    listening.session.cancel();
    listening.session.truncate(item, 120.5);
    expect(await listening.until("reply-ended")).toMatchObject({ outcome: "cancelled" });
    listening.session.respond({ turn: 1, say: "Yes?" });
    await listening.until("reply-ended", 2);
    const lines = standIn.log.map(({ direction, what, detail }) =>
      `${direction} ${what} ${detail ?? ""}`.trim(),
    );
    expect(lines.filter((line) => line === "in response.cancel")).toHaveLength(1);
    expect(lines).toContain(`out conversation.item.truncated ${item} 120`);
    expect(listening.of("complaint")).toEqual([]);
  });

  it("bounds a truncation by the audio that was made, so that the service accepts it", async () => {
    const standIn = await start();
    const listening = listen(standIn);
    listening.session.respond({ turn: 0, say: "Hello." });
    await listening.until("reply-ended");
    const [audio] = listening.of("audio");
    listening.session.truncate(audio?.item ?? "", 99_999);
    listening.session.respond({ turn: 1, say: "Again." });
    await listening.until("reply-ended", 2);
    expect(standIn.log.filter(({ what }) => what === "conversation.item.truncated")).toMatchObject([
      { detail: `${audio?.item} 150` },
    ]);
    expect(listening.of("complaint")).toEqual([]);
  });

  it("runs a tool call and tells its result", async () => {
    const standIn = await start({
      script: ({ items }) =>
        items.at(-1)?.role === "function_call_output"
          ? `It is ${items.at(-1)?.text}.`
          : { toolCalls: [{ name: "look", arguments: '{"at":1}' }] },
    });
    const listening = listen(standIn);
    listening.session.typed("look");
    listening.session.respond({ turn: 1 });
    const { call } = await listening.until("tool-call");
    expect(call).toMatchObject({ name: "look", arguments: '{"at":1}' });
    await listening.until("reply-ended");
    listening.session.toolResult(call.id, "green");
    listening.session.respond({ turn: 1 });
    await listening.until("reply-ended", 2);
    expect(
      listening
        .of("words")
        .map(({ text }) => text)
        .join(""),
    ).toBe("It is green.");
  });

  it("waits with a request until the reply under way is done", async () => {
    const standIn = await start();
    const listening = listen(standIn);
    listening.session.respond({ turn: 0, say: "One." });
    await listening.until("reply-started");
    listening.session.respond({ turn: 1, say: "Two." });
    await listening.until("reply-ended", 2);
    expect(listening.of("reply-started").map(({ turn }) => turn)).toEqual([0, 1]);
    expect(standIn.log.filter(({ what }) => what === "error")).toEqual([]);
  });

  it("tells that a reply failed, and goes on", async () => {
    const standIn = await start({ speed: 1 });
    const listening = listen(standIn);
    listening.session.respond({ turn: 0, say: "A sentence that breaks off in the middle of it." });
    await listening.until("audio");
    standIn.failResponses();
    expect(await listening.until("reply-ended")).toMatchObject({
      outcome: "failed",
      error: { code: "PROVIDER_UNAVAILABLE" },
    });
    listening.session.respond({ turn: 1, say: "Sorry." });
    await listening.until("reply-started", 2);
  });

  it("passes a complaint of the service on, and goes on", async () => {
    const standIn = await start();
    const listening = listen(standIn);
    await listening.until("ready");
    listening.session.toolResult("call_unknown", "x");
    expect(await listening.until("complaint")).toMatchObject({ error: { code: "PROVIDER_REFUSED" } });
    listening.session.respond({ turn: 0, say: "Hello." });
    await listening.until("reply-ended");
  });
});

describe("a Realtime connection that fails", () => {
  it("is made once more while nothing was said, and what was asked for is asked for again", async () => {
    const standIn = await start();
    standIn.inject({ type: "drop", afterMessages: 2 });
    const listening = listen(standIn);
    listening.session.respond({ turn: 0, say: "Hello." });
    await listening.until("reply-ended");
    expect(listening.of("reply-ended")).toMatchObject([{ outcome: "completed" }]);
    expect(standIn.log.filter(({ what }) => what === "open")).toHaveLength(2);
    expect(listening.of("failed")).toEqual([]);
  });

  it.each([
    ["a server error, twice", 503, 2, "PROVIDER_UNAVAILABLE"],
    ["too many requests, twice", 429, 2, "PROVIDER_RATE_LIMITED"],
    ["a refusal, at once", 401, 1, "PROVIDER_REFUSED"],
  ])("is over after %s", async (_, status, times, code) => {
    const standIn = await start();
    for (let count = 0; count < times; count++) standIn.inject({ type: "status", status });
    const listening = listen(standIn);
    expect(await listening.until("failed")).toMatchObject({ error: { code } });
    expect(wire(standIn)).toEqual(["out refused"]);
    expect(standIn.log).toHaveLength(times);
  });

  it("is over when it is lost after the agent has spoken", async () => {
    const standIn = await start();
    const listening = listen(standIn);
    listening.session.respond({ turn: 0, say: "Hello." });
    await listening.until("reply-ended");
    standIn.inject({ type: "drop", afterMessages: 0 });
    expect(await listening.until("failed")).toMatchObject({ error: { code: "PROVIDER_UNAVAILABLE" } });
    expect(standIn.log.filter(({ what }) => what === "open")).toHaveLength(1);
  });

  it("is given up when no session comes of it in time", async () => {
    const standIn = await start();
    standIn.inject({ type: "stall", afterMessages: 1 }, { type: "stall", afterMessages: 0 });
    const listening = listen(standIn, { connectDeadline: 60, sessionDeadline: 60 });
    expect(await listening.until("failed")).toMatchObject({ error: { code: "PROVIDER_TIMEOUT" } });
  });

  it("is over when what comes is no event", async () => {
    const standIn = await start();
    const listening = listen(standIn);
    listening.session.respond({ turn: 0, say: "Hello." });
    await listening.until("reply-ended");
    standIn.inject({ type: "malformed", atMessage: 0 });
    listening.session.respond({ turn: 1, say: "Hello." });
    expect(await listening.until("failed")).toMatchObject({ error: { code: "PROVIDER_PROTOCOL" } });
  });

  it("is over when it has fallen silent: no answer to a ping", async () => {
    const standIn = await start();
    const clock = new ManualClock();
    const listening = listen(standIn, { clock });
    listening.session.respond({ turn: 0, say: "Hello." });
    await listening.until("reply-ended");
    standIn.inject({ type: "stall", afterMessages: 0 });
    clock.advanceTo(15_000);
    clock.advanceTo(30_000);
    expect(await listening.until("failed")).toMatchObject({
      error: { message: "openai-realtime: the connection fell silent" },
    });
  });

  it("tells nothing after it was closed", async () => {
    const standIn = await start();
    const listening = listen(standIn);
    await listening.until("ready");
    const told = listening.events.length;
    listening.session.respond({ turn: 0, say: "Hello." });
    await listening.session.close();
    expect(listening.events).toHaveLength(told);
  });

  it("can be closed before it stands", async () => {
    const standIn = await start();
    const listening = listen(standIn);
    await listening.session.close();
    expect(listening.events).toEqual([]);
  });
});
