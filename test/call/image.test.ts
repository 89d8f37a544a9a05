import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { systemClock as clock } from "../../src/runtime/clock.ts";
import { PhoneExchange } from "../../src/simulation/phone/phone-exchange.ts";
import { SimulatedPhone } from "../../src/simulation/phone/simulated-phone.ts";
import { freePort } from "../support/free-port.ts";
import { ImageRun } from "../support/image-run.ts";

/** What a container has, as far as it goes without one: the Dockerfile's tree, command, user and read-only files. */

const dockerfile = readFileSync(new URL("../../Dockerfile", import.meta.url), "utf8");
const authToken = "an-auth-token-for-tests";
const profiles = { profiles: [{ name: "default", recording: { enabled: true } }] };

let image: ImageRun;
let port: number;
let before: readonly string[];

beforeAll(async () => {
  image = new ImageRun({ "agents.json": JSON.stringify(profiles) });
  console.log(`The image runs as: ${image.containment}.`);
  port = await freePort();
  before = image.snapshot();
  await image.start({
    HOST: "0.0.0.0",
    PORT: String(port),
    API_SECRET_KEY: "an-api-key-for-tests",
    TWILIO_AUTH_TOKEN: authToken,
    JOURNALS: "all",
    AGENT_PROFILES: "agents.json",
  });
}, 240_000);

afterAll(async () => {
  await image.stop();
  image.remove();
});

/** The health check's command, as the Dockerfile has it, with the port in its environment; the exit code. */
async function healthCheck(at: number): Promise<number> {
  const [, command = "[]"] = /HEALTHCHECK[^[]*CMD (\[.*\])/.exec(dockerfile) ?? [];
  const [program, ...args] = JSON.parse(command) as string[];
  expect(program).toBe("node");
  const child = spawn(process.execPath, args, { env: { PORT: String(at) } });
  const [code] = await once(child, "exit");
  return code as number;
}

it("cannot write where it is, only where its data is", async ({ skip }) => {
  const writes = (path: string) =>
    image.runs(`const path = ${JSON.stringify(path)}; fs.writeFileSync(path, ""); fs.rmSync(path)`);
  expect(await writes(`${image.data}/probe`)).toBe(0);
  const why = "root without a sandbox may write anywhere";
  if (image.containment === "the same user" && process.getuid?.() === 0) {
    console.log(`skipped: ${why}`);
    return skip(why);
  }
  expect(await writes("dist/main.js")).toBe(1);
  expect(await writes("left-behind")).toBe(1);
}, 120_000);

it("answers a call and speaks, its recording and journal are kept, and all of it is for its own user alone", async () => {
  const phone = new SimulatedPhone({
    clock,
    exchange: new PhoneExchange(clock),
    voiceUrl: `http://0.0.0.0:${port}/api/phone/incoming`,
    authToken,
    from: "+14155550100",
    to: "+15005550006",
    script: [{ type: "hang-up", cue: { when: "heard", heard: 500 } }],
    limit: 60_000,
  });
  const report = await phone.call();
  expect(report.ended.by).toBe("caller");
  expect(await image.stop()).toBe(0);
  const written = image.written();
  expect(written.map(({ path }) => path)).toEqual(
    expect.arrayContaining(["earshot.sqlite", "lock.sqlite", "recordings/1.wav", "journals/1.jsonl.gz"]),
  );
  expect(written.filter(({ others }) => others !== 0)).toEqual([]);
  expect(image.said).not.toMatch(/EROFS|EACCES|EPERM/);
}, 120_000);

it("has touched nothing but its data", () => {
  expect(image.snapshot()).toEqual(before);
});

it("is healthy while it answers, and not when it does not, by a program that is there", async () => {
  await image.start({
    HOST: "0.0.0.0",
    PORT: String(port),
    API_SECRET_KEY: "an-api-key-for-tests",
    TWILIO_AUTH_TOKEN: authToken,
  });
  expect(await healthCheck(port)).toBe(0);
  await image.stop();
  expect(await healthCheck(port)).toBe(1);
}, 120_000);
