import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/call-desk.ts";
import {
  callMetrics,
  inboundCall,
  outboundCall,
  phoneCall,
  realtimeMetrics,
  transcriptEntry,
} from "./seed-examples.ts";
import { expectShape } from "./seed-shapes.ts";

/** A gateway with the simulated carrier. */
export interface Running {
  readonly url: string;
  /** Its API_SECRET_KEY. */
  readonly key: string;
  close(): Promise<unknown>;
}

/** Every endpoint of call control, by the seeds' own examples, over sockets. */
export function conformance(start: () => Promise<Running>): void {
  let running: Running;
  beforeAll(async () => {
    running = await start();
  });
  afterAll(() => running.close());

  async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(running.url + path, {
      method,
      headers: {
        authorization: `Bearer ${running.key}`,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === "" ? undefined : JSON.parse(text),
    };
  }

  async function webhook(path: string, fields: Record<string, string>) {
    const response = await fetch(running.url + path, { method: "POST", body: new URLSearchParams(fields) });
    return { status: response.status, text: await response.text() };
  }

  const get = (path: string) => ask("GET", path);
  const post = (path: string, body: unknown) => ask("POST", path, body);

  async function received(): Promise<{ callId: string; sessionId: number }> {
    const { call_id: callId } = (await post("/receive", { phone: "+1234567890" })).body;
    return { callId, sessionId: Number(callId.slice("call_".length)) };
  }

  describe("call-service.md", () => {
    it("POST /initiate", async () => {
      const { status, body } = await post("/initiate", { phone: "+1234567890" });
      expect(status).toBe(200);
      expect(body).toEqual({ call_id: expect.stringMatching(/^call_[1-9]\d*$/), status: "initiated" });
      await post("/end", { call_id: body.call_id });
    });

    it("POST /receive, /answer, /end", async () => {
      const received = await post("/receive", { phone: "+1234567890" });
      expect(received.status).toBe(200);
      expect(received.body).toEqual({ call_id: expect.stringMatching(/^call_[1-9]\d*$/), status: "ringing" });
      const { call_id } = received.body;
      const answered = await post("/answer", { call_id });
      expect(answered.status).toBe(200);
      expect(answered.body).toEqual({ status: "answered" });
      const ended = await post("/end", { call_id, transcript: "..." });
      expect(ended.status).toBe(200);
      expect(ended.body).toEqual({ status: "ended", duration: expect.any(Number) });
      expect((await post("/end", { call_id })).body).toEqual(ended.body);
      expect((await post("/answer", { call_id })).status).toBe(409);
    });

    it("GET /health", async () => {
      expect(await get("/health")).toMatchObject({ status: 200, body: { status: "ok", service: "call" } });
    });

    it("GET /logs?limit=100", async () => {
      const { status, body } = await get("/logs?limit=100");
      expect(status).toBe(200);
      expect(body).toEqual({ logs: expect.any(Array) });
    });

    it("GET /metrics?period=60", async () => {
      const { status, body } = await get("/metrics?period=60");
      expect(status).toBe(200);
      const figures = { calls_initiated: 1, calls_received: 1, calls_active: 0, avg_call_duration: 0.5 };
      expectShape(body, figures);
      expect(body.calls_initiated).toBeGreaterThan(0);
      expect(body.calls_received).toBeGreaterThan(0);
    });
  });

  describe("customer-service-voice-agent-api.md", () => {
    const api = "/api/v1/calls";

    it("GET /calls/inbound/active and /calls/inbound/{session_id}", async () => {
      const { callId, sessionId } = await received();
      const list = await get(`${api}/inbound/active?page=1&page_size=50`);
      expect(list.status).toBe(200);
      expectShape(list.body, { calls: [inboundCall], total: 1, page: 1, page_size: 50 });
      expect(list.body).toMatchObject({
        total: 1,
        page: 1,
        page_size: 50,
        calls: [{ session_id: sessionId }],
      });
      const one = await get(`${api}/inbound/${sessionId}`);
      expect(one.status).toBe(200);
      expectShape(one.body, inboundCall);
      await post("/end", { call_id: callId });
      const { body } = await get(`${api}/inbound/${sessionId}`);
      expectShape(body, inboundCall);
      expect(body.end_time).not.toBeNull();
    });

    it("POST /calls/outbound/create", async () => {
      const { status, body } = await post(`${api}/outbound/create`, {
        to_number: "+1234567890",
        from_number: "+15183171307",
        customer_id: 123,
        metadata: { purpose: "follow_up", campaign: "satisfaction_survey" },
        play_ringtone: true,
      });
      expect(status).toBe(200);
      expect(body).toEqual({
        success: true,
        sip_call_id: expect.stringMatching(/^SC_/),
        participant_id: expect.stringMatching(/^PA_/),
        room_name: expect.stringMatching(/^outbound-1234567890-\d{14}/),
        to_number: "+1234567890",
        from_number: "+15183171307",
        status: "initiating",
        message: "Outbound call initiated to +1234567890",
      });
    });

    it("POST /calls/outbound/callback", async () => {
      const { status, body } = await post(`${api}/outbound/callback`, {
        customer_phone: "+1234567890",
        customer_id: 123,
        reason: "scheduled_callback_from_support",
        from_number: "+15183171307",
        metadata: { original_session_id: 456 },
      });
      expect(status).toBe(200);
      expect(body).toEqual({
        success: true,
        sip_call_id: expect.stringMatching(/^SC_/),
        participant_id: expect.stringMatching(/^PA_/),
        room_name: expect.stringMatching(/^callback-1234567890-\d{10}/),
        to_number: "+1234567890",
        from_number: "+15183171307",
        status: "initiating",
        message: "Callback initiated to +1234567890",
      });
    });

    it("POST /calls/outbound/batch, its progress and its cancelling", async () => {
      const { status, body, headers } = await post(`${api}/outbound/batch`, {
        calls: [
          { to_number: "+1234567890", metadata: { name: "John Doe", account: "ACC001" } },
          { to_number: "+0987654321", metadata: { name: "Jane Smith", account: "ACC002" } },
        ],
        from_number: "+15183171307",
        trunk_id: "ST_SXWwu7ArVEYE",
        delay_seconds: 0.2,
      });
      expect(status).toBe(200);
      const sip_call_id = expect.stringMatching(/^SC_/);
      expect(body).toEqual({
        total: 2,
        successful: 2,
        failed: 0,
        results: [
          { success: true, call_info: { sip_call_id, to_number: "+1234567890" }, index: 1 },
          { success: true, call_info: { sip_call_id, to_number: "+0987654321" }, index: 2 },
        ],
      });
      const location = headers.get("location") ?? "";
      const progress = await get(location);
      expect(progress.status).toBe(200);
      expect(progress.body.results).toHaveLength(2);
      const canceled = await ask("POST", `${location}/cancel`);
      expect(canceled).toMatchObject({ status: 200, body: { status: "canceled" } });
    });

    it("GET /calls/outbound/active", async () => {
      const { status, body } = await get(`${api}/outbound/active`);
      expect(status).toBe(200);
      expectShape(body, { total: 3, calls: [outboundCall] });
      expect(body.calls).toHaveLength(body.total);
      expect(body.total).toBeGreaterThan(0);
    });

    it("GET /calls/all/active", async () => {
      const { callId } = await received();
      const { status, body } = await get(`${api}/all/active`);
      expect(status).toBe(200);
      expectShape(body, {
        total: 5,
        inbound_count: 3,
        outbound_count: 2,
        inbound_calls: [inboundCall],
        outbound_calls: [outboundCall],
      });
      expect(body.total).toBe(body.inbound_count + body.outbound_count);
      expect(body.inbound_count).toBeGreaterThan(0);
      expect(body.outbound_count).toBeGreaterThan(0);
      await post("/end", { call_id: callId });
    });

    it("GET /calls/{session_id}/transcript", async () => {
      const { callId, sessionId } = await received();
      const transcript = "customer: Hello, I need help\nagent: Hello! What seems to be the issue?";
      await post("/end", { call_id: callId, transcript });
      const { status, body } = await get(`${api}/${sessionId}/transcript`);
      expect(status).toBe(200);
      expectShape(body, [transcriptEntry]);
      expect(body).toMatchObject([
        { id: 1, session_id: sessionId, speaker: "customer", text: "Hello, I need help" },
        { id: 2, speaker: "ai_agent", text: "Hello! What seems to be the issue?" },
      ]);
    });

    it("GET /analytics/realtime", async () => {
      const { callId } = await received();
      const { status, body } = await get("/api/v1/analytics/realtime");
      expect(status).toBe(200);
      expectShape(body, realtimeMetrics);
      expect(body.active_calls).toBe(body.inbound_active + body.outbound_active);
      expect(body.inbound_active).toBeGreaterThan(0);
      await post("/end", { call_id: callId });
    });

    it("GET /analytics/calls", async () => {
      const { callId, sessionId } = await received();
      await post("/answer", { call_id: callId });
      await post("/end", { call_id: callId, transcript: "customer: This is terrible, I am angry." });
      expect((await get(`${api}/inbound/${sessionId}`)).body.sentiment).toBe("negative");
      const day = (time: number) => new Date(time).toISOString().slice(0, 10);
      const DAY = 86_400_000;
      const range = `start_date=${day(Date.now() - DAY)}&end_date=${day(Date.now() + DAY)}`;
      const { status, body } = await get(`/api/v1/analytics/calls?${range}`);
      expect(status).toBe(200);
      const { completion_rate, transfer_rate, sentiment_distribution, ...counts } = body;
      const { completion_rate: _, transfer_rate: __, sentiment_distribution: ___, ...known } = callMetrics;
      expectShape(counts, known);
      expect(body.total_calls).toBe(body.inbound_calls + body.outbound_calls);
      expect(completion_rate).toBeGreaterThan(0);
      expect(transfer_rate).toBe(0);
      expect(sentiment_distribution.negative).toBeGreaterThan(0);
      const empty = await get("/api/v1/analytics/calls?start_date=2020-01-01&end_date=2020-01-15");
      expect(empty.body).toMatchObject({ total_calls: 0, avg_duration_seconds: 0, completion_rate: 0 });
      expect(
        (await get(`/api/v1/analytics/calls?start_date=${day(Date.now())}&end_date=2020-01-01`)).status,
      ).toBe(400);
    });

    it("errors", async () => {
      const bad = await post(`${api}/outbound/create`, { to_number: "12345" });
      expect(bad.status).toBe(400);
      expect(bad.body).toMatchObject({ detail: "Invalid phone number format" });
      const stranger = await ask("GET", `${api}/inbound/active`, undefined, {
        authorization: "Bearer wrong",
      });
      expect(stranger.status).toBe(401);
      expect(stranger.body).toMatchObject({ detail: "Invalid or missing authentication token" });
      const unknown = await get(`${api}/inbound/999999`);
      expect(unknown.status).toBe(404);
      expect(unknown.body).toMatchObject({ detail: "Call session not found" });
    });

    it.each([
      ["9901", "busy"],
      ["9902", "no-answer"],
      ["9903", "failed"],
    ])("a call to +1415555%s is %s in the end", async (last, outcome) => {
      const { call_sid } = (await post("/api/phone/outbound-call", { to_number: `+1415555${last}` })).body;
      const status = async () => (await get(`/api/phone/call-status/${call_sid}`)).body.status;
      await eventually(async () => (await status()) === outcome, `the call is ${outcome}`);
    });
  });

  describe("phone-integration.md", () => {
    const caller = { From: "+14155550100", To: "+15005550006", Direction: "inbound" };

    it("POST /api/phone/incoming, /process-speech and /status; GET /active-calls and /call-status", async () => {
      const incoming = await webhook("/api/phone/incoming", { CallSid: "CA1", ...caller });
      expect(incoming.status).toBe(200);
      expect(incoming.text).toContain("<Response>");
      const active = await get("/api/phone/active-calls");
      expect(active.status).toBe(200);
      expect(active.body.active_calls).toContainEqual(expect.objectContaining({ call_sid: "CA1" }));
      const one = await get("/api/phone/call-status/CA1");
      expect(one.status).toBe(200);
      const { answer_time: _, end_time: __, duration_seconds: ___, ...known } = one.body;
      expectShape(known, phoneCall);
      const speech = await webhook("/api/phone/process-speech", { CallSid: "CA1", SpeechResult: "hello" });
      expect(speech.status).toBe(200);
      expect(speech.text).toContain("<Response>");
      expect(await webhook("/api/phone/status", { CallSid: "CA1", CallStatus: "completed" })).toEqual({
        status: 204,
        text: "",
      });
      expect((await get("/api/phone/call-status/CA1")).body.end_time).not.toBeNull();
    });

    it("POST /api/phone/outbound-call", async () => {
      const { status, body } = await post("/api/phone/outbound-call", { to_number: "+1234567890" });
      expect(status).toBe(200);
      expectShape(body, { call_sid: "CA1", session_id: 123, status: "initiated" });
      const known = await get(`/api/phone/call-status/${body.call_sid}`);
      expect(known.body).toMatchObject({ call_sid: body.call_sid, session_id: body.session_id });
    });
  });
}
