import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import type { Fault } from "../../src/simulation/stand-ins/stand-in.ts";
import { until } from "../support/until.ts";
import { DeepgramCall, silence, speech } from "./deepgram-harness.ts";

const SAID = "I would like to book a table.";
/** The longest first pause between two attempts. */
const FIRST_RETRY = 250;

function status(code: number): Fault {
  return { type: "status", status: code };
}

describe("Deepgram faults", () => {
  let call: DeepgramCall;
  afterEach(() => call.close());

  it.each([400, 401, 403, 404])("is over after a refusal with %i", async (code) => {
    call = await DeepgramCall.open({}, {}, (standIn) => standIn.inject(status(code)));
    await call.comes("failed PROVIDER_REFUSED");
    await call.pass(20_000);
    expect(call.events).toEqual(["failed PROVIDER_REFUSED"]);
    expect(call.clock.armed).toBe(0);
  });

  it.each([
    [429, "PROVIDER_RATE_LIMITED"],
    [500, "PROVIDER_UNAVAILABLE"],
    [503, "PROVIDER_UNAVAILABLE"],
  ])("tries again after %i", async (code, error) => {
    call = await DeepgramCall.open({}, {}, (standIn) => standIn.inject(status(code)));
    call.push(speech(800), silence(100));
    call.stream.finalize();
    await call.comes(`failed ${error}`);
    await call.pass(FIRST_RETRY);
    await call.comes(`final ${SAID}`);
    expect(call.events.slice(0, 2)).toEqual([`failed ${error}`, "ready"]);
  });

  it("gives up after five attempts in a row", async () => {
    call = await DeepgramCall.open({}, {}, (standIn) => standIn.inject(...Array(6).fill(status(503))));
    for (let attempt = 1; attempt <= 5; attempt++) {
      await call.comes("failed PROVIDER_UNAVAILABLE", attempt);
      await call.pass(4_000);
    }
    await call.comes("failed PROVIDER_REFUSED");
    expect(call.events).toHaveLength(6);
    expect(call.received(7)).toBe("");
  });

  it("counts attempts afresh after five healthy seconds", async () => {
    call = await DeepgramCall.open({}, {}, (standIn) => standIn.inject(...Array(5).fill(status(503))));
    for (let attempt = 1; attempt <= 5; attempt++) {
      await call.comes("failed PROVIDER_UNAVAILABLE", attempt);
      await call.pass(4_000);
    }
    await call.comes("ready");
    await call.pass(5_000);
    call.standIn.inject({ type: "drop", afterMessages: 0 });
    await call.comes("failed PROVIDER_UNAVAILABLE", 6);
    await call.pass(FIRST_RETRY);
    await call.comes("ready", 2);
  });

  it("loses no word when the connection drops in the middle of an utterance", async () => {
    call = await DeepgramCall.open({}, { logAudio: true });
    await call.comes("ready");
    call.push(speech(800));
    await call.comes("interim I would");
    call.standIn.inject({ type: "drop", afterMessages: 0 });
    await call.comes("failed PROVIDER_UNAVAILABLE");
    call.push(speech(400), silence(320));
    await call.pass(FIRST_RETRY);
    await call.comes("ready", 2);
    await until(() => call.bytes(2) === 1520 * 8);
    await call.pass(50);
    await call.comes("endpoint");
    expect(call.events.slice(-2)).toEqual([`final ${SAID}`, "endpoint"]);
  });

  it("does not send again what final words cover", async () => {
    call = await DeepgramCall.open({}, { logAudio: true });
    await call.comes("ready");
    call.push(speech(800), silence(100));
    call.stream.finalize();
    await call.comes(`final ${SAID}`);
    call.push(speech(200), silence(100));
    call.standIn.inject({ type: "drop", afterMessages: 0 });
    await call.comes("failed PROVIDER_UNAVAILABLE");
    await call.pass(FIRST_RETRY);
    await until(() => call.bytes(2) > 0);
    expect(call.bytes(2)).toBe(300 * 8);
  });

  it("notices within 2 s of speech a connection that says nothing to it, and loses no word", async () => {
    call = await DeepgramCall.open();
    await call.comes("ready");
    call.standIn.inject({ type: "stall", afterMessages: 0 });
    await call.speaks(silence(5_000), speech(600), silence(1_380));
    expect(call.events).toEqual(["ready"]);
    await call.speaks(silence(40));
    expect(call.events).toEqual(["ready", "failed PROVIDER_TIMEOUT"]);
    await call.pass(FIRST_RETRY);
    await call.pass(200, 200); // what was kept of 3 s goes in two portions
    await call.pass(50);
    await call.comes("endpoint");
    expect(call.events.slice(2)).toEqual(["ready", "interim I would", `final ${SAID}`, "endpoint"]);
  });

  it("does not take silence for deafness after a click", async () => {
    call = await DeepgramCall.open();
    await call.comes("ready");
    call.standIn.inject({ type: "stall", afterMessages: 0 });
    await call.speaks(speech(280), silence(8_000));
    expect(call.events).toEqual(["ready"]);
  });

  it("notices that the next connection hangs as well, although the caller has long finished", async () => {
    call = await DeepgramCall.open({}, {}, (standIn) =>
      standIn.inject({ type: "stall", afterMessages: 0 }, { type: "stall", afterMessages: 0 }),
    );
    await call.comes("ready");
    await call.speaks(speech(600), silence(2_420));
    await call.comes("failed PROVIDER_TIMEOUT");
    await call.pass(FIRST_RETRY);
    await call.comes("ready", 2);
    await call.speaks(silence(3_040));
    await call.comes("failed PROVIDER_TIMEOUT", 2);
    await call.pass(500);
    await call.comes("ready", 3);
    await call.pass(50);
    await call.comes(`final ${SAID}`);
  });

  it("sends what was said while nobody heard faster than it was spoken, in order, live audio behind it", async () => {
    const words = ["One.", "Two."];
    call = await DeepgramCall.open({}, { logAudio: true, transcript: words }, (standIn) =>
      standIn.inject(status(503)),
    );
    await call.comes("failed PROVIDER_UNAVAILABLE");
    call.push(speech(2_000), silence(1_000), speech(2_000));
    call.stream.finalize();
    call.push(silence(400));
    await call.pass(FIRST_RETRY);
    await call.comes("ready");
    await until(() => call.bytes(2) === 2_000 * 8);
    call.push(silence(100));
    expect(call.bytes(2)).toBe(2_000 * 8);
    await call.pass(200, 200);
    await until(() => call.bytes(2) === 4_000 * 8);
    await call.pass(250, 250);
    await until(() => call.bytes(2) === 5_500 * 8);
    await call.comes("final Two.");
    expect(call.received(2)).toMatch(/Finalize(, audio){1,4}$/);
    expect(call.events.filter((event) => !event.startsWith("interim"))).toEqual([
      "failed PROVIDER_UNAVAILABLE",
      "ready",
      "final One.",
      "final Two.",
    ]);
    expect(call.through).toEqual([expect.closeTo(2_320, -1.5), 5_000]);
  });

  it("keeps one time through losses: what finals cover is counted in the caller's audio", async () => {
    call = await DeepgramCall.open();
    await call.comes("ready");
    await call.pass(4_000); // silence of our own goes to the vendor, and is not the caller's
    call.push(speech(800), silence(100));
    call.stream.finalize();
    await call.comes(`final ${SAID}`);
    call.standIn.inject({ type: "drop", afterMessages: 0 });
    await call.comes("failed PROVIDER_UNAVAILABLE");
    call.push(silence(300), speech(700), silence(100));
    call.stream.finalize();
    await call.pass(FIRST_RETRY);
    await call.comes(`final ${SAID}`, 2);
    expect(call.through).toEqual([900, 2_000]);
  });

  it("answers a finalize that was outstanding, also when the connection drops twice", async () => {
    call = await DeepgramCall.open();
    await call.comes("ready");
    call.push(speech(800), silence(100));
    await call.comes("interim I would");
    call.standIn.inject({ type: "drop", afterMessages: 0 }, { type: "drop", afterMessages: 0 });
    call.stream.finalize();
    await call.comes("failed PROVIDER_UNAVAILABLE");
    await call.pass(FIRST_RETRY);
    await call.comes("failed PROVIDER_UNAVAILABLE", 2);
    await call.pass(2 * FIRST_RETRY);
    await call.comes(`final ${SAID}`);
    expect(call.events.filter((event) => event.startsWith("final"))).toEqual([`final ${SAID}`]);
  });

  it("does not take a burst of audio for a deaf connection", async () => {
    call = await DeepgramCall.open();
    await call.comes("ready");
    call.push(speech(6_000), silence(100));
    call.stream.finalize();
    await call.comes(`final ${SAID}`);
    expect(call.events).not.toContain("failed PROVIDER_TIMEOUT");
  });

  it("does not wait for a Finalize that is not answered", async () => {
    call = await DeepgramCall.open();
    await call.comes("ready");
    call.push(speech(800), silence(100));
    await call.comes("interim I would");
    call.standIn.inject({ type: "stall", afterMessages: 0 });
    call.stream.finalize();
    await call.pass(1_000);
    await call.comes("failed PROVIDER_TIMEOUT");
    await call.pass(FIRST_RETRY);
    await call.comes(`final ${SAID}`);
  });

  it("reconnects after a message that is not JSON, without losing the words in it", async () => {
    call = await DeepgramCall.open();
    await call.comes("ready");
    call.standIn.inject({ type: "malformed", atMessage: 1 });
    call.push(speech(300), silence(100));
    call.stream.finalize();
    await call.comes("failed PROVIDER_PROTOCOL");
    await call.pass(FIRST_RETRY);
    await call.comes(`final ${SAID}`);
  });

  it("tries again when no 101 comes within the deadline", async () => {
    const mute = createServer((socket) => socket.on("error", () => {}).resume());
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const { port } = mute.address() as { port: number };
    call = await DeepgramCall.open({ baseUrl: `http://127.0.0.1:${port}` });
    await call.pass(3_000);
    expect(call.events).toEqual(["failed PROVIDER_TIMEOUT"]);
    await call.stream.close();
    await new Promise((resolve) => mute.close(resolve));
  });

  it("closes within a bound when the vendor does not", async () => {
    const deaf = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    deaf.on("connection", (socket) => socket.pause());
    await once(deaf, "listening");
    const { port } = deaf.address() as { port: number };
    call = await DeepgramCall.open({ baseUrl: `http://127.0.0.1:${port}` });
    await call.comes("ready");
    const closing = call.stream.close();
    await call.pass(500);
    await closing;
    expect(call.clock.armed).toBe(0);
    for (const socket of deaf.clients) socket.terminate();
    await new Promise((resolve) => deaf.close(resolve));
  });

  it("says nothing more after close, whatever comes", async () => {
    call = await DeepgramCall.open();
    await call.comes("ready");
    call.push(speech(800), silence(100));
    await call.stream.close();
    await call.pass(1_000);
    call.push(silence(20));
    expect(call.events).toEqual(["ready"]);
  });

  it("can be closed by the listener that hears of the loss, and says nothing after", async () => {
    call = await DeepgramCall.open({ model: "flux-general-en", eagerEotThreshold: 0.5 });
    call.push(speech(800), silence(240));
    await call.comes(`eager-endpoint ${SAID}`);
    const push = call.events.push.bind(call.events);
    call.events.push = (event) => {
      void call.stream.close();
      return push(event);
    };
    call.standIn.inject({ type: "drop", afterMessages: 0 });
    await call.comes("resumed");
    await call.pass(1_000);
    expect(call.events.at(-1)).toBe("resumed");
  });

  it("keeps silent once it is over, whatever is pushed", async () => {
    call = await DeepgramCall.open({}, {}, (standIn) => standIn.inject(status(401)));
    await call.comes("failed PROVIDER_REFUSED");
    call.push(silence(31_000));
    expect(call.events).toEqual(["failed PROVIDER_REFUSED"]);
  });

  it("closes between two attempts", async () => {
    call = await DeepgramCall.open({}, {}, (standIn) => standIn.inject(status(503)));
    await call.comes("failed PROVIDER_UNAVAILABLE");
    await call.stream.close();
    await call.pass(5_000);
    expect(call.events).toEqual(["failed PROVIDER_UNAVAILABLE"]);
  });
});
