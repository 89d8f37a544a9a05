import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import type { Fault } from "../../src/simulation/stand-ins/stand-in.ts";
import { until } from "../support/until.ts";
import { silence, speech } from "./deepgram-harness.ts";
import { TranscriptionCall } from "./openai-transcription-harness.ts";

const SAID = "I would like to book a table.";
/** The longest first pause between two attempts. */
const FIRST_RETRY = 250;

function status(code: number): Fault {
  return { type: "status", status: code };
}

describe("OpenAI transcription in trouble", () => {
  let call: TranscriptionCall;
  afterEach(() => call.close());

  it.each([400, 401, 403, 404])("is over after a refusal with %i", async (code) => {
    call = await TranscriptionCall.open({}, {}, (standIn) => standIn.inject(status(code)));
    await call.comes("failed PROVIDER_REFUSED");
    call.push(speech(31_000));
    call.stream.finalize();
    await call.pass(10_000, 1_000);
    expect(call.events).toEqual(["failed PROVIDER_REFUSED"]);
  });

  it.each([
    [429, "PROVIDER_RATE_LIMITED"],
    [500, "PROVIDER_UNAVAILABLE"],
  ])("tries again after %i", async (code, error) => {
    call = await TranscriptionCall.open({}, {}, (standIn) => standIn.inject(status(code)));
    call.push(speech(800), silence(100));
    call.stream.finalize();
    await call.comes(`failed ${error}`);
    await call.pass(FIRST_RETRY);
    await call.final(SAID);
    expect(call.events.slice(0, 2)).toEqual([`failed ${error}`, "ready"]);
  });

  it("gives up after five attempts in a row", async () => {
    call = await TranscriptionCall.open({}, {}, (standIn) => standIn.inject(...Array(6).fill(status(503))));
    for (let attempt = 1; attempt <= 5; attempt++) {
      await call.comes("failed PROVIDER_UNAVAILABLE", attempt);
      await call.pass(4_000, 1_000);
    }
    await call.comes("failed PROVIDER_REFUSED");
    expect(call.events).toHaveLength(6);
  });

  it("loses no word when the connection drops in the middle of an utterance", async () => {
    call = await TranscriptionCall.open({}, { logAudio: true });
    await call.comes("ready");
    call.push(speech(800));
    await call.comes("interim I would like");
    call.standIn.inject({ type: "drop", afterMessages: 0 });
    await call.comes("failed PROVIDER_UNAVAILABLE");
    call.push(speech(400), silence(100));
    call.stream.finalize();
    await call.pass(FIRST_RETRY);
    await call.comes("ready", 2);
    await call.final(SAID);
    // All of it again, at once.
    expect(call.audio(2)).toBe(1_300);
    expect(call.all("final")).toEqual([`final ${SAID}`]);
  });

  it("asks again for the words of each stretch that was not answered, and of no other", async () => {
    const texts = ["One.", "Two.", "Three."];
    const connections: number[] = [];
    call = await TranscriptionCall.open(
      {},
      {
        logAudio: true,
        transcript: (utterance) => texts[utterance - 1 + (connections.length > 0 ? 1 : 0)] ?? "",
      },
    );
    await call.comes("ready");
    call.push(speech(300), silence(100));
    call.stream.finalize();
    await call.final("One.");
    call.push(silence(1_000), speech(400), silence(100));
    call.stream.finalize();
    call.push(speech(500));
    await call.comes("interim Two. Three.");
    connections.push(2);
    call.standIn.inject({ type: "drop", afterMessages: 0 });
    await call.comes("failed PROVIDER_UNAVAILABLE");
    call.push(silence(100));
    call.stream.finalize();
    await call.pass(FIRST_RETRY);
    await call.comes("ready", 2);
    await call.final("Three.", 1, 4);
    expect(call.all("final")).toEqual(["final One.", "final Two.", "final Three."]);
    expect(call.received(2)).toMatch(/^open, session.update, (append, )+commit, (append, )+commit$/);
    expect(call.audio(2)).toBe(400 + 500 + 500 + 100);
  });

  it("does not wait for words that do not come", async () => {
    call = await TranscriptionCall.open();
    await call.comes("ready");
    call.push(speech(800), silence(100));
    await call.comes("interim I would like");
    call.standIn.inject({ type: "stall", afterMessages: 0 });
    call.stream.finalize();
    await until(() => call.count("commit") === 1);
    await call.pass(3_999, 500);
    expect(call.all("failed")).toEqual([]);
    await call.pass(1);
    await call.comes("failed PROVIDER_TIMEOUT");
    await call.pass(FIRST_RETRY);
    await call.final(SAID);
  });

  it("notices a connection that is dead while nobody speaks", async () => {
    call = await TranscriptionCall.open();
    await call.comes("ready");
    call.standIn.inject({ type: "stall", afterMessages: 0 });
    await call.pass(20_000, 1_000);
    await call.comes("failed PROVIDER_TIMEOUT");
    await call.pass(FIRST_RETRY);
    await call.comes("ready", 2);
  });

  it("stays with a connection that is quiet, and alive", async () => {
    call = await TranscriptionCall.open();
    await call.comes("ready");
    await call.pass(60_000, 1_000);
    expect(call.events).toEqual(["ready"]);
  });

  it("reconnects after a message that is not JSON, without losing the words in it", async () => {
    call = await TranscriptionCall.open();
    await call.comes("ready");
    call.standIn.inject({ type: "malformed", atMessage: 1 });
    call.push(speech(800), silence(100));
    call.stream.finalize();
    await call.comes("failed PROVIDER_PROTOCOL");
    await call.pass(FIRST_RETRY);
    await call.comes("ready", 2);
    await call.final(SAID);
    expect(call.all("final")).toEqual([`final ${SAID}`]);
  });

  it("is over when the session is refused", async () => {
    const server = await answering((event, send) => {
      if (event.type !== "session.update") return;
      const error = {
        type: "invalid_request_error",
        code: "model_not_found",
        message: "No.",
        event_id: event.event_id,
      };
      send({ type: "error", error });
    });
    call = await TranscriptionCall.open({ baseUrl: server.url });
    await call.comes("failed PROVIDER_REFUSED");
    expect(call.events).toEqual(["failed PROVIDER_REFUSED"]);
    await server.close();
  });

  it.each([
    ["session_expired", "PROVIDER_UNAVAILABLE"],
    ["insufficient_quota", "PROVIDER_REFUSED"],
  ])("takes the complaint %s about nothing in particular for %s", async (code, expected) => {
    let sessions = 0;
    const server = await answering((event, send) => {
      if (event.type !== "session.update") return;
      send({ type: "session.updated" });
      if (++sessions === 1)
        send({ type: "error", error: { type: "invalid_request_error", code, message: "No." } });
    });
    call = await TranscriptionCall.open({ baseUrl: server.url });
    await call.comes(`failed ${expected}`);
    await call.pass(FIRST_RETRY);
    if (expected === "PROVIDER_UNAVAILABLE") await call.comes("ready", 2);
    else expect(call.events).toEqual(["ready", "failed PROVIDER_REFUSED"]);
    await call.stream.close();
    await server.close();
  });

  it("tries again when an utterance could not be transcribed, and the words come", async () => {
    let attempts = 0;
    const server = await answering((event, send) => {
      if (event.type === "session.update") send({ type: "session.updated" });
      if (event.type !== "input_audio_buffer.commit") return;
      const item_id = `item_${++attempts}`;
      const type = "conversation.item.input_audio_transcription";
      send({ type: "input_audio_buffer.committed", item_id });
      if (attempts === 1)
        send({ type: `${type}.failed`, item_id, error: { type: "server_error", message: "Sorry." } });
      else send({ type: `${type}.completed`, item_id, transcript: "Here I am." });
    });
    call = await TranscriptionCall.open({ baseUrl: server.url });
    await call.comes("ready");
    call.push(speech(400), silence(100));
    call.stream.finalize();
    await call.comes("failed PROVIDER_UNAVAILABLE");
    await call.pass(FIRST_RETRY);
    await call.comes("final Here I am.");
    await call.stream.close();
    await server.close();
  });

  it("is over when the second failure is one that every attempt would meet", async () => {
    const codes = ["server_error", "insufficient_quota"];
    const server = await answering((event, send) => {
      if (event.type === "session.update") send({ type: "session.updated" });
      if (event.type !== "input_audio_buffer.commit") return;
      send({ type: "input_audio_buffer.committed", item_id: "item" });
      const type = "conversation.item.input_audio_transcription.failed";
      send({ type, item_id: "item", error: { code: codes.shift(), message: "Sorry." } });
    });
    call = await TranscriptionCall.open({ baseUrl: server.url });
    call.push(speech(400), silence(100));
    call.stream.finalize();
    await call.comes("failed PROVIDER_UNAVAILABLE");
    await call.pass(FIRST_RETRY);
    await call.comes("failed PROVIDER_REFUSED");
    expect([call.all("final"), call.unheard]).toEqual([[], []]);
    await server.close();
  });

  it("takes a commit in which the service finds no audio for one without words, and other complaints for nothing", async () => {
    const server = await answering((event, send) => {
      if (event.type === "session.update") send({ type: "session.updated" });
      if (event.type !== "input_audio_buffer.commit") return;
      send({ type: "error", error: { type: "server_error", message: "Something or other." } });
      const error = { code: "input_audio_buffer_commit_empty", message: "Empty.", event_id: event.event_id };
      send({ type: "error", error });
    });
    call = await TranscriptionCall.open({ baseUrl: server.url });
    await call.comes("ready");
    call.push(speech(400), silence(100));
    call.stream.finalize();
    await call.comes("final ");
    expect(call.events).toEqual(["ready", "final "]);
    await call.stream.close();
    await server.close();
  });

  it("goes on without the words of a commit that the service refuses again", async () => {
    const server = await answering((event, send) => {
      if (event.type === "session.update") send({ type: "session.updated" });
      if (event.type !== "input_audio_buffer.commit") return;
      const error = { type: "server_error", message: "Sorry.", event_id: event.event_id };
      send({ type: "error", error });
    });
    call = await TranscriptionCall.open({ baseUrl: server.url });
    await call.comes("ready");
    call.push(speech(400), silence(100));
    call.stream.finalize();
    await call.comes("failed PROVIDER_UNAVAILABLE");
    await call.pass(FIRST_RETRY);
    await call.comes("final ");
    expect([call.unheard, server.connections()]).toEqual([[500], 2]);
    await call.stream.close();
    await server.close();
  });

  it("gives words in the order of speech when they come in another", async () => {
    const type = "conversation.item.input_audio_transcription.completed";
    let commits = 0;
    const server = await answering((event, send) => {
      if (event.type === "session.update") send({ type: "session.updated" });
      if (event.type !== "input_audio_buffer.commit") return;
      send({ type: "input_audio_buffer.committed", item_id: `item_${++commits}` });
      if (commits < 2) return;
      send({ type, item_id: "item_2", transcript: "Two." });
      send({ type, item_id: "item_1", transcript: "One." });
    });
    call = await TranscriptionCall.open({ baseUrl: server.url });
    await call.comes("ready");
    for (let utterance = 0; utterance < 2; utterance++) {
      call.push(speech(400), silence(100));
      call.stream.finalize();
    }
    await call.comes("final Two.");
    expect(call.events).toEqual(["ready", "final One.", "final Two."]);
    await call.stream.close();
    await server.close();
  });

  it("tries again when no 101 comes within the deadline", async () => {
    const mute = createServer((socket) => socket.on("error", () => {}).resume());
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const { port } = mute.address() as { port: number };
    call = await TranscriptionCall.open({ baseUrl: `http://127.0.0.1:${port}` });
    await call.pass(3_000);
    expect(call.events).toEqual(["failed PROVIDER_TIMEOUT"]);
    await call.stream.close();
    await new Promise((resolve) => mute.close(resolve));
  });

  it("tries again when no session comes within the deadline", async () => {
    const server = await answering(() => {});
    call = await TranscriptionCall.open({ baseUrl: server.url });
    await until(() => server.connections() === 1 && server.received() > 0);
    await call.pass(2_000);
    expect(call.events).toEqual(["failed PROVIDER_TIMEOUT"]);
    await call.stream.close();
    await server.close();
  });

  it("closes within a bound when the service does not", async () => {
    const deaf = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    deaf.on("connection", (socket) => {
      socket.send('{"type":"session.updated"}');
      socket.pause();
    });
    await once(deaf, "listening");
    const { port } = deaf.address() as { port: number };
    call = await TranscriptionCall.open({ baseUrl: `http://127.0.0.1:${port}` });
    await call.comes("ready");
    const closing = call.stream.close();
    await call.pass(500);
    await closing;
    for (const socket of deaf.clients) socket.terminate();
    await new Promise((resolve) => deaf.close(resolve));
  });

  it("says nothing more after close, whatever comes", async () => {
    call = await TranscriptionCall.open();
    await call.comes("ready");
    call.push(speech(800), silence(100));
    call.stream.finalize();
    await call.stream.close();
    await call.pass(1_000);
    call.push(silence(20));
    call.stream.finalize();
    expect(call.events).toEqual(["ready"]);
  });
});

interface Answering {
  readonly url: string;
  connections(): number;
  received(): number;
  close(): Promise<void>;
}

/** A service whose answers are the test's. */
async function answering(
  answer: (event: { type: string; event_id?: string }, send: (event: object) => void) => void,
): Promise<Answering> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  let connections = 0;
  let received = 0;
  server.on("connection", (socket) => {
    connections++;
    socket.on("message", (data) => {
      received++;
      answer(JSON.parse(String(data)), (event) => socket.send(JSON.stringify(event)));
    });
  });
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}/v1`,
    connections: () => connections,
    received: () => received,
    close: async () => {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
