import { afterEach, describe, expect, it } from "vitest";
import { until } from "../support/until.ts";
import { DeepgramCall, silence, speech } from "./deepgram-harness.ts";

const SAID = "I would like to book a table.";
const FLUX = { model: "flux-general-en" };

describe("Deepgram Flux", () => {
  let call: DeepgramCall;
  afterEach(() => call.close());

  it("asks for raw telephone audio on v2", async () => {
    call = await DeepgramCall.open({ ...FLUX, eagerEotThreshold: 0.5, eotTimeout: 3_000 });
    await call.comes("ready");
    expect(call.standIn.log.find((entry) => entry.what === "open")?.detail).toBe(
      "/v2/listen?model=flux-general-en&encoding=mulaw&sample_rate=8000&eot_threshold=0.7" +
        "&eot_timeout_ms=3000&eager_eot_threshold=0.5",
    );
  });

  it("tells a turn: words as they come, then the final and the endpoint", async () => {
    call = await DeepgramCall.open(FLUX);
    call.push(speech(1200), silence(400));
    await until(() => call.sent("TurnInfo") >= 5);
    await call.pass(50);
    await call.comes("endpoint");
    expect(call.events).toEqual([
      "ready",
      "interim I",
      "interim I would",
      "interim I would like",
      `interim ${SAID}`,
      `final ${SAID}`,
      "endpoint",
    ]);
  });

  it("tells an eager end, its end when speech goes on, and the real one", async () => {
    call = await DeepgramCall.open({ ...FLUX, eagerEotThreshold: 0.5 });
    await call.comes("ready");
    call.push(speech(800), silence(240), speech(800), silence(400));
    await until(() => call.standIn.log.filter((entry) => entry.detail?.startsWith("Eager")).length === 2);
    await call.pass(50);
    await call.comes("endpoint");
    expect(call.events.filter((event) => !event.startsWith("interim"))).toEqual([
      "ready",
      `eager-endpoint ${SAID}`,
      "resumed",
      `eager-endpoint ${SAID}`,
      `final ${SAID}`,
      "endpoint",
    ]);
  });

  it("sends 80 ms at a time, and the rest at once when the caller has paused", async () => {
    call = await DeepgramCall.open(FLUX, { logAudio: true });
    await call.comes("ready");
    call.push(speech(800), silence(140));
    await call.comes("interim I would");
    call.stream.finalize();
    await call.comes("endpoint");
    await call.stream.close();
    await until(() => call.received().endsWith("close"));
    expect(call.received()).toMatch(/^open(, audio){12}, ForceEndTurn, CloseStream, close$/);
    expect(call.bytes()).toBe(940 * 8);
  });

  it("ends a turn whose words come only after the pause was told", async () => {
    call = await DeepgramCall.open(FLUX);
    await call.comes("ready");
    call.push(speech(400), silence(100));
    call.stream.finalize();
    await call.comes("endpoint");
    expect(call.received()).toBe("open, audio, ForceEndTurn");
  });

  it("does not end a turn without words", async () => {
    call = await DeepgramCall.open(FLUX);
    await call.comes("ready");
    call.push(silence(200));
    call.stream.finalize();
    call.push(silence(800));
    await until(() => call.sent("TurnInfo") >= 3);
    expect(call.received()).toBe("open, audio");
  });

  it("fills a gap in the audio with silence, so that the turn can end", async () => {
    call = await DeepgramCall.open(FLUX);
    await call.comes("ready");
    call.push(speech(800));
    await call.comes("interim I would");
    await call.pass(1_000);
    await call.comes("endpoint");
    expect(call.received()).toBe("open, audio");
  });

  it("tells what the caller may say, when it changes, also after a reconnection", async () => {
    call = await DeepgramCall.open(FLUX);
    call.stream.hint(["opening hours"]);
    await call.comes("ready");
    call.stream.hint(["opening hours"]);
    call.stream.hint(["a table for two"]);
    await until(() => call.sent("ConfigureSuccess") === 2);
    call.standIn.inject({ type: "drop", afterMessages: 0 });
    await call.comes("failed PROVIDER_UNAVAILABLE");
    await call.pass(250);
    await until(() => call.sent("ConfigureSuccess") === 3);
    expect(call.received(1)).toBe("open, Configure, Configure, close");
    expect(call.received(2)).toMatch(/^open, Configure/);
  });

  it("takes an eager end back and loses no word when the connection drops", async () => {
    call = await DeepgramCall.open({ ...FLUX, eagerEotThreshold: 0.5 });
    call.push(speech(800), silence(240));
    await call.comes(`eager-endpoint ${SAID}`);
    call.standIn.inject({ type: "drop", afterMessages: 0 });
    await call.comes("failed PROVIDER_UNAVAILABLE");
    expect(call.events.slice(-2)).toEqual(["resumed", "failed PROVIDER_UNAVAILABLE"]);
    call.push(silence(160));
    await call.pass(250);
    await call.comes(`eager-endpoint ${SAID}`, 2);
    await call.pass(50);
    await call.comes("endpoint");
    expect(call.events.slice(-2)).toEqual([`final ${SAID}`, "endpoint"]);
  });

  it("does not send long silence again, and so keeps a turn after it whole", async () => {
    call = await DeepgramCall.open(FLUX, { logAudio: true });
    await call.comes("ready");
    call.push(silence(9_000));
    await until(() => call.sent("TurnInfo") >= 30);
    call.push(silence(4_000), speech(800));
    await call.comes("interim I would");
    call.standIn.inject({ type: "drop", afterMessages: 0 });
    await call.comes("failed PROVIDER_UNAVAILABLE");
    expect(call.events.some((event) => event.startsWith("final"))).toBe(false);
    await call.pass(250);
    await call.comes("interim I would", 2);
    expect(call.bytes(2)).toBeLessThanOrEqual(2_100 * 8);
  });

  it("gives the words heard so far as final when a turn is too long to be sent again", async () => {
    call = await DeepgramCall.open(FLUX);
    await call.comes("ready");
    for (let second = 0; second < 31; second++) call.push(speech(900), silence(100));
    await call.comes(`interim ${SAID}`);
    call.standIn.inject({ type: "drop", afterMessages: 0 });
    await call.comes("failed PROVIDER_UNAVAILABLE");
    expect(call.events.slice(-2)).toEqual([`final ${SAID}`, "failed PROVIDER_UNAVAILABLE"]);
  });

  it("does without ForceEndTurn where the server does not know it", async () => {
    call = await DeepgramCall.open(FLUX, { forceEndTurn: false });
    call.push(speech(800), silence(100));
    await call.comes("interim I would");
    call.stream.finalize();
    await call.comes("failed PROVIDER_PROTOCOL");
    await call.pass(250);
    await until(() => call.standIn.log.some((entry) => entry.connection === 2 && entry.what === "TurnInfo"));
    await call.pass(100);
    await call.comes("endpoint");
    expect(call.received(2)).toBe("open, audio");
  });

  it("ends the turn with all its words when the connection is lost before a ForceEndTurn is answered", async () => {
    call = await DeepgramCall.open(FLUX);
    await call.comes("ready");
    call.push(speech(2_400), silence(80));
    await call.comes("interim I would like to book a");
    call.standIn.inject({ type: "stall", afterMessages: 0 });
    call.stream.finalize();
    await call.pass(1_000);
    await call.comes("failed PROVIDER_TIMEOUT");
    await call.pass(250);
    await call.pass(200, 200);
    await call.comes("endpoint");
    expect(call.events.filter((event) => event.startsWith("final"))).toEqual([`final ${SAID}`]);
    expect(call.received(2)).toMatch(/^open, audio, ForceEndTurn/);
    expect(call.through).toEqual([2_480]);
  });

  it("does not take the end of a turn that is heard late for the end of what the caller says now", async () => {
    call = await DeepgramCall.open(
      { ...FLUX, eotTimeout: 500 },
      { transcript: ["One.", "Two."] },
      (standIn) => standIn.inject({ type: "status", status: 503 }),
    );
    await call.comes("failed PROVIDER_UNAVAILABLE");
    call.push(speech(400), silence(400), speech(1_200));
    await call.pass(250);
    await call.pass(50);
    await call.comes("final One.");
    await call.comes("interim Two.");
    call.push(silence(800));
    await call.pass(50);
    await call.comes("final Two.");
    expect(call.events.filter((event) => !event.startsWith("interim")).slice(1)).toEqual([
      "ready",
      "final One.",
      "final Two.",
      "endpoint",
    ]);
  });

  it("does not wait for a ForceEndTurn that is not answered", async () => {
    call = await DeepgramCall.open(FLUX);
    call.push(speech(800), silence(100));
    await call.comes("interim I would");
    call.standIn.inject({ type: "stall", afterMessages: 0 });
    call.stream.finalize();
    await call.pass(1_000);
    await call.comes("failed PROVIDER_TIMEOUT");
    await call.pass(250);
    await call.comes(`final ${SAID}`);
  });

  it("does not take being told that it is connected for being heard, although the caller has long finished", async () => {
    call = await DeepgramCall.open(FLUX, {}, (standIn) =>
      standIn.inject(...Array.from({ length: 2 }, () => ({ type: "stall", afterMessages: 1 }) as const)),
    );
    call.stream.hint(["Harbour Dental"]);
    await call.comes("ready");
    await call.speaks(speech(600), silence(1_440));
    await call.comes("failed PROVIDER_TIMEOUT");
    await call.pass(250);
    await call.comes("ready", 2);
    await call.speaks(silence(2_040));
    await call.comes("failed PROVIDER_TIMEOUT", 2);
    await call.pass(500);
    await call.comes("ready", 3);
    await call.speaks(silence(2_000));
    await call.comes(`final ${SAID}`);
  });

  it("is over after a refusal, and tries again after a fatal error message", async () => {
    call = await DeepgramCall.open({ ...FLUX, eotThreshold: 3 });
    await call.comes("failed PROVIDER_REFUSED");
    await call.pass(10_000);
    expect(call.events).toEqual(["failed PROVIDER_REFUSED"]);
  });
});
