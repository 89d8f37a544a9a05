import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { systemClock } from "../../src/runtime/clock.ts";
import {
  type OpenAiRealtimeStandIn,
  startOpenAiRealtimeStandIn,
} from "../../src/simulation/stand-ins/openai-realtime-stand-in.ts";

interface ServerEvent {
  readonly type: string;
  readonly error?: { readonly code: string; readonly event_id: string | null };
  readonly [field: string]: unknown;
}

let standIn: OpenAiRealtimeStandIn;
let socket: WebSocket | undefined;
let events: ServerEvent[];
let wake: () => void = () => {};

beforeEach(async () => {
  standIn = await startOpenAiRealtimeStandIn({ clock: systemClock, firstAudio: 5, speed: 200 });
  events = [];
});

afterEach(async () => {
  socket?.terminate();
  socket = undefined;
  await standIn.close();
});

async function connect(): Promise<void> {
  socket = new WebSocket(`${standIn.origin.replace("http", "ws")}/v1/realtime?model=m`, {
    headers: { authorization: "Bearer key" },
  });
  socket.on("message", (data) => {
    events.push(JSON.parse(String(data)) as ServerEvent);
    wake();
  });
  await once(socket, "open");
}

function send(event: object): void {
  socket?.send(JSON.stringify(event));
}

async function until(type: string): Promise<ServerEvent> {
  for (;;) {
    const at = events.findIndex((event) => event.type === type);
    if (at >= 0) return events.splice(0, at + 1).at(-1) as ServerEvent;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}

const pcmu = { format: { type: "audio/pcmu" } };

describe("the Realtime stand-in refuses what the service refuses", () => {
  it.each([
    ["/v1/realtime?model=m", {}, 401],
    ["/v1/realtime", { authorization: "Bearer key" }, 400],
    ["/v1/other?model=m", { authorization: "Bearer key" }, 404],
  ])("the upgrade of %s with %j: %i", async (path, headers, status) => {
    const refused = new WebSocket(standIn.origin.replace("http", "ws") + path, { headers });
    refused.on("error", () => {});
    const [, response] = (await once(refused, "unexpected-response")) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(status);
    refused.terminate();
  });

  it.each([
    ["no type", { audio: { input: pcmu, output: pcmu } }, "missing_required_parameter"],
    [
      "a rate for μ-law",
      { type: "realtime", audio: { input: { format: { type: "audio/pcmu", rate: 8000 } }, output: pcmu } },
      "invalid_value",
    ],
    ["the names of the beta", { type: "realtime", input_audio_format: "g711_ulaw" }, "invalid_value"],
  ])("a session with %s", async (_, session, code) => {
    await connect();
    send({ type: "session.update", event_id: "e1", session });
    expect((await until("error")).error).toMatchObject({ code, event_id: "e1" });
  });

  it("a second response at a time, and a cancellation of none", async () => {
    await connect();
    send({ type: "response.create" });
    send({ type: "response.create", event_id: "e2" });
    expect((await until("error")).error).toMatchObject({
      code: "conversation_already_has_active_response",
      event_id: "e2",
    });
    await until("response.done");
    send({ type: "response.cancel" });
    expect((await until("error")).error?.code).toBe("response_cancel_not_active");
  });

  it("a truncation beyond the audio made, and of an unknown item", async () => {
    await connect();
    send({ type: "response.create", response: { instructions: 'Say "Hello there."' } });
    const added = (await until("response.output_item.added")) as unknown as { item: { id: string } };
    await until("response.done");
    const truncate = (item: string, end: number) =>
      send({ type: "conversation.item.truncate", item_id: item, content_index: 0, audio_end_ms: end });
    truncate(added.item.id, 10_000);
    expect((await until("error")).error?.code).toBe("invalid_value");
    truncate("item_0", 0);
    expect((await until("error")).error?.code).toBe("item_not_found");
    truncate(added.item.id, 400);
    expect(await until("conversation.item.truncated")).toMatchObject({ audio_end_ms: 400 });
  });

  it("the result of an unknown call, and what is no event", async () => {
    await connect();
    const item = { type: "function_call_output", call_id: "call_0", output: "x" };
    send({ type: "conversation.item.create", item });
    expect((await until("error")).error?.code).toBe("invalid_tool_call_id");
    send({ type: "output_audio_buffer.clear" });
    expect((await until("error")).error?.code).toBe("invalid_value");
    socket?.send("{");
    expect((await until("error")).error?.code).toBe("invalid_json");
  });
});
