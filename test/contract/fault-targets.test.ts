import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { systemClock } from "../../src/runtime/clock.ts";
import { BuzzReader } from "../../src/simulation/stand-ins/buzz-reader.ts";
import { startDeepgramStandIn } from "../../src/simulation/stand-ins/deepgram-stand-in.ts";
import { startElevenLabsStandIn } from "../../src/simulation/stand-ins/elevenlabs-stand-in.ts";
import { BuzzVoice } from "../../src/simulation/stand-ins/elevenlabs-voice.ts";
import { startOpenAiStandIn } from "../../src/simulation/stand-ins/openai-stand-in.ts";
import { eventually } from "../support/call-desk.ts";

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(url: string, headers: Readonly<Record<string, string>>) {
  const socket = new WebSocket(url.replace("http", "ws"), { headers });
  closers.push(() => socket.terminate());
  const messages: Record<string, unknown>[] = [];
  socket.on("message", (data) => messages.push(JSON.parse(String(data))));
  await once(socket, "open");
  return { socket, messages };
}

describe("a fault meets the call that it is meant for", () => {
  it("at the recogniser, which understands the words in the audio", async () => {
    const voice = new BuzzVoice(15);
    const reader = new BuzzReader(voice);
    const understood = new Map<number, string>();
    const standIn = await startDeepgramStandIn({
      clock: systemClock,
      finalDelay: 0,
      endpointDelay: 300,
      transcript: {
        read(mulaw, connection) {
          const text = reader
            .read(mulaw)
            .map((word) => word.text)
            .join(" ");
          understood.set(connection, text);
          return text;
        },
      },
    });
    closers.push(() => standIn.close());
    const url = `${standIn.origin}/v1/listen?model=nova-3&encoding=mulaw&sample_rate=8000`;
    const headers = { authorization: "Token key" };
    const [one, two] = [await open(url, headers), await open(url, headers)];
    const silence = Buffer.alloc(4_000, 0xff);
    one.socket.send(Buffer.concat([silence, voice.say([..."alpha beta"]), silence]));
    two.socket.send(Buffer.concat([silence, voice.say([..."gamma"]), silence]));
    await eventually(() => understood.get(1) === "alpha beta" && understood.get(2) === "gamma", "words");
    await eventually(() => one.messages.some(({ is_final }) => is_final === true), "a final");
    expect(JSON.stringify(one.messages)).toContain("alpha beta");
    const closed = once(two.socket, "close");
    expect(standIn.strike(2, { type: "drop", afterMessages: 0 })).toBe(true);
    expect((await closed)[0]).toBe(1006);
    expect(one.socket.readyState).toBe(WebSocket.OPEN);
  });

  it("at the voice, in the middle of what it says", async () => {
    const standIn = await startElevenLabsStandIn({ clock: systemClock, firstByte: 0 });
    closers.push(() => standIn.close());
    const url = `${standIn.origin}/v1/text-to-speech/v/multi-stream-input?output_format=ulaw_8000`;
    const headers = { "xi-api-key": "key" };
    const [one, two] = [await open(url, headers), await open(url, headers)];
    expect(standIn.strike(1, { type: "stall", afterMessages: 1 })).toBe(true);
    for (const { socket } of [one, two]) {
      socket.send(JSON.stringify({ text: " ", context_id: "c" }));
      socket.send(JSON.stringify({ text: "Twenty letters long.", context_id: "c", flush: true }));
      socket.send(JSON.stringify({ context_id: "c", close_context: true }));
    }
    await eventually(() => two.messages.some(({ isFinal }) => isFinal === true), "the end of the other");
    expect(one.messages).toHaveLength(1);
    expect(two.messages.length).toBeGreaterThan(2);
  });

  it("at the model, by what it is asked, and an answer can lack its end", async () => {
    const standIn = await startOpenAiStandIn({
      clock: systemClock,
      firstToken: 0,
      tokensPerSecond: 10_000,
      fault: (messages) =>
        messages.at(-1)?.content === "break" ? { type: "truncate", afterMessages: 3 } : undefined,
    });
    closers.push(() => standIn.close());
    const ask = async (content: string): Promise<string> => {
      const response = await fetch(`${standIn.origin}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: "Bearer key" },
        body: JSON.stringify({ model: "m", stream: true, messages: [{ role: "user", content }] }),
      });
      return response.text();
    };
    const whole = await ask("hello");
    const broken = await ask("break");
    expect(whole).toContain('"finish_reason":"stop"');
    expect(whole.startsWith(broken.slice(0, 20))).toBe(true);
    expect(broken.match(/data:/g)).toHaveLength(3);
    expect(broken).not.toContain('"finish_reason":"stop"');
  });
});
