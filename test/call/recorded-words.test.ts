import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { SILENCE } from "../../src/audio/audio-format.ts";
import { encodeMulaw } from "../../src/audio/mulaw.ts";
import { readWav } from "../../src/audio/wav.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import type { CallReport } from "../../src/simulation/phone/call-report.ts";
import type { CallerStep } from "../../src/simulation/phone/caller-script.ts";
import { PhoneExchange } from "../../src/simulation/phone/phone-exchange.ts";
import { SimulatedPhone } from "../../src/simulation/phone/simulated-phone.ts";
import { S3StandIn } from "../../src/simulation/stand-ins/s3-stand-in.ts";
import { eventually } from "../support/call-desk.ts";
import { GatewayProcess } from "../support/gateway-process.ts";
import { recognised } from "../support/recognised.ts";
import { speech } from "../support/virtual-call.ts";

const clock = systemClock;
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A gateway in a process of its own that records, and greets with these words. */
async function gateway(
  greeting: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ dataDir: string; start: () => Promise<GatewayProcess> }> {
  const dataDir = mkdtempSync(join(tmpdir(), "earshot-recorded-"));
  closers.push(() => rmSync(dataDir, { recursive: true }));
  const profile = { name: "default", greeting, recording: { enabled: true } };
  const file = join(dataDir, "profiles.json");
  writeFileSync(file, JSON.stringify({ profiles: [profile] }));
  return {
    dataDir,
    async start() {
      const process = await GatewayProcess.start({
        PORT: "0",
        DATA_DIR: dataDir,
        AGENT_PROFILES: file,
        ...environment,
      });
      closers.push(() => process.kill());
      return process;
    },
  };
}

function dials(url: string, script: readonly CallerStep[]): Promise<CallReport> {
  const phone = new SimulatedPhone({
    clock,
    exchange: new PhoneExchange(clock),
    voiceUrl: `${url}/api/phone/incoming`,
    from: "+14155550100",
    to: "+15005550006",
    script,
    limit: 60_000,
    record: true,
  });
  return phone.call();
}

const recordingOf = (url: string) => fetch(`${url}/api/v1/calls/1/recording`);

/** What the recording of the first call holds of the agent, once it is complete. @param limit of waiting for it, ms. */
async function agentOf(url: string, limit = 30_000): Promise<Uint8Array> {
  const isThere = async () => (await recordingOf(url)).status === 200;
  await eventually(isThere, "the recording is there", limit);
  const wav = readWav(new Uint8Array(await (await recordingOf(url)).arrayBuffer()));
  return encodeMulaw(wav.channels[1] as Int16Array);
}

const greeting = "All our lines are busy, please call tomorrow.";
const words = wordsOf(greeting);
/** Everything that a caller may have heard of the greeting, and what nobody said. */
const phrases = [...words.map((_, index) => words.slice(0, index + 1).join(" ")), "we are closed today"];

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[a-z]+/g) ?? [];
}

/** What the transcript of the first call says that the caller heard. */
async function heardWords(url: string): Promise<string[]> {
  const answer = await fetch(`${url}/api/v1/calls/1/transcript`);
  const entries = (await answer.json()) as { speaker: string; text: string }[];
  return wordsOf(entries.find(({ speaker }) => speaker === "ai_agent")?.text ?? "");
}

describe("a recording", { timeout: 120_000 }, () => {
  it("contains the words that were heard, and not those that an interruption kept from being heard", async () => {
    const { start } = await gateway(greeting);
    const { url } = await start();
    await dials(url, [
      { type: "say", audio: speech("goodbye"), cue: { when: "heard", heard: 1_000 } },
      { type: "hang-up", cue: { when: "after", wait: 100 } },
    ]);
    const read = (await recognised(await agentOf(url), phrases)).flatMap(wordsOf);
    const heard = await heardWords(url);
    expect(heard.length).toBeGreaterThan(1);
    expect(heard.length).toBeLessThan(words.length);
    expect(read).toEqual(words.slice(0, read.length));
    expect(Math.abs(read.length - heard.length)).toBeLessThanOrEqual(1); // the word that was cut
  });

  it("contains all words of a greeting that nobody interrupts", async () => {
    const { start } = await gateway(greeting);
    const { url } = await start();
    await dials(url, [{ type: "hang-up", cue: { when: "agent-finished" } }]);
    expect((await recognised(await agentOf(url), phrases)).flatMap(wordsOf)).toEqual(words);
    expect(await heardWords(url)).toEqual(words);
  });

  it("that a killed gateway left behind can be played after the restart", async () => {
    const { dataDir, start } = await gateway(greeting);
    const killed = await start();
    const call = dials(killed.url, [{ type: "hang-up", cue: { when: "after", wait: 20_000 } }]).catch(
      () => {},
    );
    const part = join(dataDir, "recordings/1.wav.part");
    await eventually(
      async () => (statSync(part, { throwIfNoEntry: false })?.size ?? 0) > 32_044,
      "two seconds are written",
      30_000,
    );
    await killed.kill();
    await call;
    const { url } = await start();
    expect((await recordingOf(url)).status).toBe(409); // the caller may come back for 15 s
    const agent = await agentOf(url, 30_000);
    expect(agent.length).toBeGreaterThanOrEqual(8_000);
    expect(agent.some((byte) => byte !== SILENCE)).toBe(true);
  });

  it("is moved to a bucket, and had from there", async () => {
    const bucket = await S3StandIn.start({ bucket: "recordings", accessKeyId: "AKID" });
    closers.push(() => bucket.close());
    const { dataDir, start } = await gateway(greeting, {
      RECORDINGS_S3_BUCKET: "recordings",
      RECORDINGS_S3_ENDPOINT: bucket.origin,
      RECORDINGS_S3_ACCESS_KEY_ID: "AKID",
      RECORDINGS_S3_SECRET_ACCESS_KEY: "secret",
    });
    const { url } = await start();
    await dials(url, [{ type: "hang-up", cue: { when: "agent-finished" } }]);
    await eventually(
      async () => bucket.objects.has("1.wav") && readdirSync(join(dataDir, "recordings")).length === 0,
      "it is moved",
      30_000,
    );
    const answer = await recordingOf(url);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(bucket.objects.get("1.wav")?.bytes);
  });

  it("that cannot be written costs no call", async () => {
    const { dataDir, start } = await gateway(greeting);
    writeFileSync(join(dataDir, "recordings"), "no folder");
    chmodSync(join(dataDir, "recordings"), 0o400);
    const { url } = await start();
    const report = await dials(url, [{ type: "hang-up", cue: { when: "agent-finished" } }]);
    expect(report.ended.by).toBe("caller");
    await eventually(async () => (await recordingOf(url)).status === 404, "there is none", 30_000);
    const logs = (await (await fetch(`${url}/logs`)).json()) as { logs: unknown };
    expect(JSON.stringify(logs)).toContain("a call is not, or not all, recorded");
  });
});
