import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock as clock } from "../../src/runtime/clock.ts";
import { startDeepgramStandIn } from "../../src/simulation/stand-ins/deepgram-stand-in.ts";
import { startElevenLabsStandIn } from "../../src/simulation/stand-ins/elevenlabs-stand-in.ts";
import { startOpenAiStandIn } from "../../src/simulation/stand-ins/openai-stand-in.ts";
import type { StandIn } from "../../src/simulation/stand-ins/stand-in.ts";
import { startTwilioStandIn } from "../../src/simulation/stand-ins/twilio-stand-in.ts";

/** The whole command as an operator runs it, embedded speech included. */

const standIns: StandIn[] = [];
afterEach(async () => {
  await Promise.all(standIns.splice(0).map((standIn) => standIn.close()));
});

const doctor = join(import.meta.dirname, "../../src/doctor.ts");

/** Run where no `.env` file is. */
async function run(env: Record<string, string>) {
  const child = spawn(process.execPath, [doctor], { cwd: tmpdir(), env, timeout: 50_000 });
  let output = "";
  let errors = "";
  child.stdout.on("data", (text) => {
    output += text;
  });
  child.stderr.on("data", (text) => {
    errors += text;
  });
  const [code] = await once(child, "close");
  return { code, lines: output.trimEnd().split("\n"), errors };
}

describe("npm run doctor", () => {
  it("finds nothing wrong without any account: the embedded speech works, the rest is skipped", async () => {
    const { code, lines, errors } = await run({ PORT: "0" });
    expect(lines.map((line) => line.split(":", 1)[0])).toEqual([
      "skip  PUBLIC_URL",
      "skip  Twilio account",
      "skip  Twilio number",
      "skip  Deepgram",
      "skip  OpenAI",
      "skip  ElevenLabs voice",
      "skip  ElevenLabs subscription",
      "ok    Embedded speech",
      "Nothing found wrong.",
    ]);
    expect([code, errors]).toEqual([0, ""]);
  }, 60_000);

  it("asks every vendor that is configured, tells what is wrong, and shows no secret", async () => {
    const secrets = [
      "dg-secret",
      "sk-secret",
      "sk-backup",
      "el-secret",
      "tw-secret",
      "api-secret",
      "jwt-secret",
    ];
    const [deepgram, openai, elevenlabs, twilio] = await Promise.all([
      startDeepgramStandIn({ clock, apiKey: "dg-secret" }),
      startOpenAiStandIn({ clock, account: { apiKey: "sk-backup" } }),
      startElevenLabsStandIn({ clock, account: { apiKey: "el-secret" } }),
      startTwilioStandIn({
        clock,
        accountSid: `AC${"1".repeat(32)}`,
        authToken: "tw-secret",
        numbers: [{ phone_number: "+15550100001", voice_url: "https://demo.twilio.com/?key=api-secret" }],
      }),
    ]);
    standIns.push(deepgram, openai, elevenlabs, twilio);
    const { code, lines, errors } = await run({
      PORT: "0",
      API_SECRET_KEY: "api-secret",
      JWT_SECRET: "jwt-secret",
      DEEPGRAM_API_KEY: "dg-secret",
      DEEPGRAM_BASE_URL: deepgram.origin,
      OPENAI_API_KEY: "sk-secret",
      OPENAI_BASE_URL: `${openai.origin}/v1`,
      LLM_PROVIDER: "openai,openai:backup",
      OPENAI_BACKUP_API_KEY: "sk-backup",
      TTS_PROVIDER: "elevenlabs,deepgram",
      ELEVENLABS_API_KEY: "el-secret",
      ELEVENLABS_BASE_URL: elevenlabs.origin,
      TWILIO_ACCOUNT_SID: `AC${"1".repeat(32)}`,
      TWILIO_AUTH_TOKEN: "tw-secret",
      TWILIO_PHONE_NUMBER: "+15550100001",
      TWILIO_API_BASE_URL: twilio.origin,
    });
    expect(lines.map((line) => line.split(":", 1)[0])).toEqual([
      "ElevenLabs' package takes some seconds to load.",
      "skip  PUBLIC_URL",
      "ok    Twilio account",
      "fail  Twilio number",
      "ok    Deepgram",
      "fail  OpenAI",
      "ok    OpenAI (backup)",
      "ok    ElevenLabs voice",
      "ok    ElevenLabs subscription",
      "ok    Embedded speech",
      "2 of 9 checks failed.",
    ]);
    expect([code, errors]).toEqual([1, ""]);
    for (const secret of secrets) expect(lines.join("\n")).not.toContain(secret);
  }, 60_000);

  it("tells every mistake of the configuration as the start does, and checks nothing", async () => {
    const { code, lines, errors } = await run({ PORT: "none", PUBLIC_URL: "voice.example.com/x" });
    expect(lines).toEqual([""]);
    expect(errors).toMatch(/^PORT is "none".*\nPUBLIC_URL is "voice\.example\.com\/x".*\n$/);
    expect(code).toBe(1);
  }, 60_000);
});
