import { afterEach, describe, expect, it } from "vitest";
import { until } from "../support/until.ts";
import { DeepgramCall, silence, speech } from "./deepgram-harness.ts";

const SAID = "I would like to book a table.";

describe("Deepgram nova", () => {
  let call: DeepgramCall;
  afterEach(() => call.close());

  it("asks for raw telephone audio with the key in the header", async () => {
    call = await DeepgramCall.open({}, { apiKey: "test-key" });
    await call.comes("ready");
    expect(call.standIn.log[0]?.detail).toBe(
      "/v1/listen?model=nova-3&encoding=mulaw&sample_rate=8000&channels=1&language=en-US" +
        "&interim_results=true&endpointing=300&utterance_end_ms=1000&vad_events=true&punctuate=true" +
        "&smart_format=false",
    );
  });

  it("goes through a call in order on the wire", async () => {
    call = await DeepgramCall.open();
    await call.comes("ready");
    call.push(speech(800), silence(100));
    call.stream.finalize();
    await call.comes(`final ${SAID}`);
    await call.stream.close();
    await until(() => call.received().endsWith("close"));
    expect(call.received()).toBe("open, audio, Finalize, CloseStream, close");
  });

  it("tells interims, the final and the endpoint of an utterance", async () => {
    call = await DeepgramCall.open();
    await call.comes("ready");
    call.push(speech(1200), silence(320));
    await until(() => call.sent("Results") >= 2);
    await call.pass(50);
    await call.comes("endpoint");
    expect(call.events).toEqual([
      "ready",
      "interim I would",
      "interim I would like",
      `final ${SAID}`,
      "endpoint",
    ]);
  });

  it("gives an empty final when there was nothing to finalize, and no endpoint", async () => {
    call = await DeepgramCall.open();
    await call.comes("ready");
    call.push(silence(200));
    call.stream.finalize();
    await call.comes("final ");
    expect(call.events).toEqual(["ready", "final "]);
  });

  it("ends an utterance once: UtteranceEnd after speech_final says nothing new", async () => {
    call = await DeepgramCall.open();
    call.push(speech(800), silence(400));
    await until(() => call.sent("Results") >= 1);
    await call.pass(50);
    await call.comes("endpoint");
    call.push(silence(1200));
    await until(() => call.sent("UtteranceEnd") === 1);
    call.push(speech(800), silence(400));
    await until(() => call.sent("SpeechStarted") === 2);
    await call.pass(50);
    await call.comes("endpoint", 2);
    expect(call.events.filter((event) => event === "endpoint")).toHaveLength(2);
  });

  it("takes UtteranceEnd as the endpoint when speech_final does not come", async () => {
    call = await DeepgramCall.open();
    call.push(speech(800), silence(100));
    call.stream.finalize();
    await call.comes(`final ${SAID}`);
    expect(call.events).not.toContain("endpoint");
    call.push(silence(1200));
    await call.comes("endpoint");
  });

  it("sends what was pushed before the connection stood, and the demand to finalize at its place", async () => {
    call = await DeepgramCall.open({}, { logAudio: true });
    call.push(speech(800), silence(100));
    call.stream.finalize();
    call.push(silence(60));
    await call.comes(`final ${SAID}`);
    expect(call.bytes()).toBe(960 * 8);
    expect(call.received()).toMatch(/^open, (audio, )+Finalize, audio/);
  });

  it("keeps at most 30 s before the connection stands, and catches up at ten times the speed", async () => {
    call = await DeepgramCall.open({}, { logAudio: true });
    call.push(silence(32_000));
    await call.comes("ready");
    for (let sent = 2_000; sent < 30_000; sent += 2_000) {
      await until(() => call.bytes() === sent * 8, `${sent} ms were sent`);
      call.push(silence(20));
      await call.pass(200);
    }
    await call.pass(200);
    await until(() => call.bytes() === (30_000 + 14 * 20) * 8);
  });

  it("keeps a quiet connection alive", async () => {
    call = await DeepgramCall.open();
    await call.comes("ready");
    await call.pass(30_000);
    expect(call.received()).toMatch(/^open, audio(, KeepAlive){7}$/);
    expect(call.events).toEqual(["ready"]);
  });

  it("never sends an empty message", async () => {
    call = await DeepgramCall.open();
    await call.comes("ready");
    call.stream.push(new Uint8Array(0));
    call.push(silence(20));
    call.stream.finalize();
    await call.comes("final ");
    expect(call.received()).toBe("open, audio, Finalize");
  });

  it("survives a listener that throws", async () => {
    const thrown: unknown[] = [];
    call = await DeepgramCall.open({ onListenerError: (error) => thrown.push(error) });
    const push = call.events.push.bind(call.events);
    call.events.push = (event) => {
      push(event);
      throw new Error("listener");
    };
    call.push(speech(800), silence(100));
    call.stream.finalize();
    await call.comes(`final ${SAID}`);
    expect(thrown).toHaveLength(call.events.length);
  });

  it("joins frames where nothing waits for one, and not after speech", async () => {
    call = await DeepgramCall.open({}, { logAudio: true });
    await call.comes("ready");
    call.push(speech(1000), silence(1600), silence(500));
    await until(() => call.bytes() === 3100 * 8);
    const sizes = call.standIn.log
      .filter((entry) => entry.what === "audio")
      .map((entry) => Number.parseInt(entry.detail ?? "", 10) / 8);
    expect(sizes.slice(0, 11)).toEqual([20, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100]);
    expect(sizes.slice(11, 85)).toEqual(Array(74).fill(20));
    expect(sizes.slice(85)).toEqual([200, 200, 200]);
  });
});
