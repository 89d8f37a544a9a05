import { afterEach, describe, expect, it } from "vitest";
import { until } from "../support/until.ts";
import { silence, speech } from "./deepgram-harness.ts";
import { TranscriptionCall } from "./openai-transcription-harness.ts";

const SAID = "I would like to book a table.";

describe("OpenAI transcription", () => {
  let call: TranscriptionCall;
  afterEach(() => call.close());

  it("asks for a transcription session of the live model", async () => {
    call = await TranscriptionCall.open();
    await call.comes("ready");
    expect(call.standIn.log.filter(({ direction }) => direction === "in")).toMatchObject([
      { what: "open", detail: "transcription" },
      { what: "session.update", detail: "gpt-live-transcribe" },
    ]);
  });

  it.each(["gpt-transcribe", "gpt-realtime-whisper", "gpt-4o-transcribe"])(
    "suits its session to the model %s",
    async (model) => {
      call = await TranscriptionCall.open({ model });
      call.stream.hint(["Harbour Dental"]);
      call.push(speech(800), silence(100));
      call.stream.finalize();
      await call.comes("ready");
      await call.final(SAID);
      expect(call.all("failed")).toEqual([]);
    },
  );

  it("goes through a call in order on the wire", async () => {
    call = await TranscriptionCall.open();
    await call.comes("ready");
    call.push(silence(600), speech(800), silence(100));
    call.stream.finalize();
    await call.final(SAID);
    await call.stream.close();
    await until(() => call.received().endsWith("close"));
    expect(call.received()).toBe("open, session.update, append, commit, close");
  });

  it("tells interims while the caller speaks, and the final when it is asked for", async () => {
    call = await TranscriptionCall.open();
    await call.comes("ready");
    call.push(speech(800));
    await call.comes("interim I would like");
    call.push(silence(100));
    call.stream.finalize();
    await call.final(SAID);
    expect(call.events).toEqual([
      "ready",
      "interim I",
      "interim I would",
      "interim I would like",
      `interim ${SAID}`,
      `final ${SAID}`,
    ]);
  });

  it("sends speech only, with what came just before it", async () => {
    call = await TranscriptionCall.open({}, { logAudio: true });
    await call.comes("ready");
    call.push(silence(10_000), speech(500), silence(100));
    call.stream.finalize();
    await call.final(SAID);
    call.push(silence(5_000));
    expect(call.audio()).toBe(400 + 500 + 100);
  });

  it("answers at once when there is nothing to finalize, or only a click", async () => {
    call = await TranscriptionCall.open();
    await call.comes("ready");
    call.push(silence(200));
    call.stream.finalize();
    await call.comes("final ");
    call.push(speech(40), silence(200));
    call.stream.finalize();
    await call.comes("final ", 2);
    expect(call.count("commit")).toBe(0);
    expect(call.events).toEqual(["ready", "final ", "final "]);
  });

  it("answers a second demand with the words of the first", async () => {
    call = await TranscriptionCall.open();
    await call.comes("ready");
    call.push(speech(800), silence(100));
    call.stream.finalize();
    call.push(silence(100));
    call.stream.finalize();
    await call.final(SAID);
    expect(call.all("final")).toEqual([`final ${SAID}`]);
    expect(call.count("commit")).toBe(1);
  });

  it("pads what is too short to be committed", async () => {
    call = await TranscriptionCall.open({}, { logAudio: true });
    await call.comes("ready");
    call.push(speech(80));
    call.stream.finalize();
    await call.final(SAID);
    expect(call.audio()).toBe(100);
  });

  it("gives utterances in their order", async () => {
    call = await TranscriptionCall.open(
      {},
      { transcript: (utterance) => ["One.", "Two."][utterance - 1] ?? "" },
    );
    await call.comes("ready");
    call.push(speech(400), silence(100));
    call.stream.finalize();
    call.push(silence(300), speech(400), silence(100));
    call.stream.finalize();
    await call.final("Two.", 1, 2);
    expect(call.all("final")).toEqual(["final One.", "final Two."]);
  });

  it("sends what was pushed before the session stood, and the demand at its place", async () => {
    call = await TranscriptionCall.open({}, { logAudio: true });
    call.push(speech(800), silence(100));
    call.stream.finalize();
    call.push(silence(60));
    await call.final(SAID);
    expect(call.audio()).toBe(900);
    expect(call.received()).toMatch(/^open, session.update, (append, )+commit$/);
  });

  it("keeps at most 30 s before the session stands", async () => {
    call = await TranscriptionCall.open({}, { logAudio: true });
    for (let second = 0; second < 33; second++) call.push(speech(1_000));
    call.stream.finalize();
    await call.comes("ready");
    await until(() => call.audio() === 30_000);
    await call.pass(300);
  });

  it("asks for the words of very long speech before it is over", async () => {
    call = await TranscriptionCall.open();
    await call.comes("ready");
    for (let second = 0; second < 22; second++) call.push(speech(960), silence(40));
    await until(() => call.count("commit") === 1);
    await call.final(SAID);
    call.push(speech(500), silence(100));
    call.stream.finalize();
    await call.final(SAID, 2);
  });

  it("asks by itself for words of which nobody asks", async () => {
    call = await TranscriptionCall.open();
    await call.comes("ready");
    call.push(speech(800));
    await call.comes("interim I would like");
    call.push(silence(2_100));
    await call.final(SAID);
    call.stream.finalize();
    await call.comes("final ");
    expect(call.count("commit")).toBe(1);
  });

  it("forgets noise in which the service hears no words", async () => {
    call = await TranscriptionCall.open({}, { transcript: () => "" });
    await call.comes("ready");
    call.push(speech(800), silence(2_100));
    await until(() => call.count("clear") === 1);
    expect(call.count("commit")).toBe(0);
    expect(call.events).toEqual(["ready"]);
  });

  it("gives the hints to the service, those in force again on the next connection", async () => {
    call = await TranscriptionCall.open();
    call.stream.hint(["Harbour"]);
    await call.comes("ready");
    call.stream.hint(["Harbour", "Dental"]);
    call.stream.hint(["Harbour", "Dental"]);
    await until(() => call.count("update") === 2);
    call.standIn.inject({ type: "drop", afterMessages: 0 });
    await call.comes("failed PROVIDER_UNAVAILABLE");
    await call.pass(250);
    await call.comes("ready", 2);
    const sessions = call.standIn.log.filter(
      ({ what, direction }) => what === "session.update" && direction === "in",
    );
    expect(sessions.map(({ detail }) => detail)).toEqual([
      "gpt-live-transcribe Harbour",
      "gpt-live-transcribe Harbour Dental",
      "gpt-live-transcribe Harbour Dental",
    ]);
  });

  it("survives a listener that throws", async () => {
    const thrown: unknown[] = [];
    call = await TranscriptionCall.open({ onListenerError: (error) => thrown.push(error) });
    const push = call.events.push.bind(call.events);
    call.events.push = (event) => {
      push(event);
      throw new Error("listener");
    };
    call.push(speech(800), silence(100));
    call.stream.finalize();
    await call.final(SAID);
    expect(thrown).toHaveLength(call.events.length);
  });
});
