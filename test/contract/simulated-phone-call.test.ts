import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readWav, writeMulawWav } from "../../src/audio/wav.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { runCall } from "../../src/simulation/phone/call.ts";
import { type Script, type ScriptedGateway, scriptedGateway } from "./simulated-phone-server.ts";

const sound = (ms: number) => new Uint8Array(ms * 8).map((_, index) => (index % 8 < 4 ? 0x20 : 0xa0));

/** Greets for 100 ms; when the caller has spoken, closes the socket, as an agent does that has said goodbye. */
const gateway: Script = {
  answer: (_request, _index, origin) =>
    `<Response><Connect><Stream url="${origin.replace("http", "ws")}/api/phone/media">` +
    '<Parameter name="session_id" value="7"/></Stream></Connect><Hangup/></Response>',
  react: (message, stream) => {
    if (message.event === "start") stream.media(sound(100));
    if (message.event === "dtmf") stream.close();
  },
};

let folder: string;
let server: ScriptedGateway | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "earshot-call-"));
});

afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(folder, { recursive: true });
});

async function call(...argv: string[]) {
  const printed: string[] = [];
  const complaints: string[] = [];
  const code = await runCall({
    argv,
    clock: systemClock,
    speak: async () => sound(40),
    print: (line) => printed.push(line),
    complain: (line) => complaints.push(line),
    signal: new AbortController().signal,
  });
  return { code, printed, complaints };
}

describe("npm run call", { timeout: 10_000 }, () => {
  it("prints the gateway's transcript and a summary, and writes recording and session log", async () => {
    const timestamp = new Date().toISOString();
    const entry = (id: number, speaker: string, text: string) => ({
      id,
      session_id: 7,
      speaker,
      text,
      timestamp,
    });
    server = await scriptedGateway({
      ...gateway,
      transcript: [entry(1, "ai_agent", "Hello, how can I help?"), entry(2, "customer", "Goodbye.")],
    });
    const record = join(folder, "out.wav");
    const log = join(folder, "log.jsonl");
    const { code, printed, complaints } = await call(
      ...["--url", server.origin, "--interrupt-after", "60", "--say", "hello", "--interrupt-after", "0"],
      ...["--dtmf", "1", "--record", record, "--session-log", log, "--stereo"],
    );
    expect(complaints).toEqual([]);
    expect(code).toBe(0);
    const spoken = printed.filter((line) => /^(agent|caller)/.test(line));
    expect(spoken.filter((line) => line.startsWith("agent "))).toEqual([
      expect.stringContaining("Hello, how can I help?"),
    ]);
    expect(spoken.filter((line) => line.startsWith("caller "))).toEqual([
      expect.stringContaining("Goodbye."),
    ]);
    expect(printed).toContainEqual(expect.stringMatching(/^ended .*agent/));
    const { sampleRate, channels } = readWav(await readFile(record));
    expect(sampleRate).toBe(8000);
    expect(channels.map((channel) => channel.some((sample) => sample !== 0))).toEqual([true, true]);
    const entries = (await readFile(log, "utf8")).trimEnd().split("\n");
    const messages = entries.map(
      (line) => JSON.parse(line) as { at: number; dir: string; message: { event: string } },
    );
    expect(messages.slice(0, 2).map(({ dir, message }) => [dir, message.event])).toEqual([
      ["in", "connected"],
      ["in", "start"],
    ]);
    expect(messages.filter(({ dir }) => dir === "out").map(({ message }) => message.event)).toEqual([
      "media",
    ]);
    const times = messages.map(({ at }) => at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it("prints what it measured when the gateway gives no transcript, and takes recordings", async () => {
    server = await scriptedGateway(gateway);
    const audio = join(folder, "question.wav");
    await writeFile(audio, writeMulawWav(sound(60)));
    const argv = ["--interrupt-after", "20", "--audio", audio, "--interrupt-after", "0", "--dtmf", "2"];
    const { code, printed } = await call("--url", server.origin, ...argv);
    expect(code).toBe(0);
    expect(printed).toContainEqual(expect.stringMatching(/^agent .*\[spoke 0\.\d s\]$/));
    expect(printed).toContainEqual(expect.stringMatching(/^caller .*\(presses 2\)$/));
    expect(printed).toContainEqual(expect.stringMatching(/^caller .*\[spoke 0\.\d s\]$/));
  });

  it("prints nothing but JSON when asked", async () => {
    server = await scriptedGateway(gateway);
    const { printed } = await call("--url", server.origin, "--json", "--interrupt-after", "0", "--dtmf", "1");
    expect(printed).toHaveLength(1);
    expect(JSON.parse(printed[0] ?? "")).toMatchObject({
      sessionId: "7",
      ended: { by: "agent" },
      streams: 1,
    });
  });

  it("says in one line what to do when something is wrong", async () => {
    server = await scriptedGateway({ answer: () => 403 });
    const { origin } = server;
    const refused = await call("--url", origin);
    expect(refused).toMatchObject({ code: 1, printed: [], complaints: [expect.stringContaining("--token")] });
    await server.close();
    server = undefined;
    const dead = await call("--url", origin);
    expect(dead).toMatchObject({ code: 1, complaints: [expect.stringContaining("npm start")] });
    const missing = await call("--audio", join(folder, "none.wav"));
    expect(missing).toMatchObject({ code: 1, complaints: [expect.stringContaining("no such file")] });
    const rejected = await scriptedGateway({ answer: () => '<Response><Reject reason="busy"/></Response>' });
    server = rejected;
    const busy = await call("--url", rejected.origin);
    expect(busy).toMatchObject({ code: 1, complaints: [expect.stringContaining("busy")] });
  });

  it("ends with the agent never heard as a failure, at its limit", async () => {
    server = await scriptedGateway({ answer: gateway.answer });
    const { code, complaints } = await call("--url", server.origin, "--limit", "1");
    expect(code).toBe(1);
    expect(complaints).toEqual(["call: The agent was never heard"]);
  });
});
