import { FRAME_MS } from "../../audio/audio-format.ts";

/** What the gateway may send on a media stream. */
export type GatewayMessage =
  | { readonly event: "media"; readonly mulaw: Uint8Array }
  | { readonly event: "mark"; readonly name: string }
  | { readonly event: "clear" };

/** Why Twilio would have ignored a message (warning 31951). */
export interface InvalidMessage {
  readonly event: "invalid";
  readonly detail: string;
}

export interface StreamIdentity {
  readonly accountSid: string;
  readonly callSid: string;
  readonly streamSid: string;
}

export const CONNECTED = JSON.stringify({ event: "connected", protocol: "Call", version: "1.0.0" });

/**
 * Twilio's side of the wire of one stream: numbers every message and writes it in the field order and the
 * string types of Twilio's "WebSocket Messages" page.
 */
export class StreamWire {
  readonly #identity: StreamIdentity;
  readonly #mediaHead: string;
  #sequence = 0;
  #chunk = 0;

  constructor(identity: StreamIdentity) {
    this.#identity = identity;
    this.#mediaHead = `{"event":"media","streamSid":"${identity.streamSid}","media":{"payload":"`;
  }

  start(customParameters: Readonly<Record<string, string>>): string {
    const { accountSid, callSid, streamSid } = this.#identity;
    const mediaFormat = { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 };
    return this.#message("start", {
      start: { accountSid, streamSid, callSid, tracks: ["inbound"], mediaFormat, customParameters },
    });
  }

  /** The next frame of 20 ms, from its base64. Concatenation: this is the hot path of a load test. */
  media(payload: string): string {
    const sequence = ++this.#sequence;
    const chunk = ++this.#chunk;
    return `{"event":"media","sequenceNumber":"${sequence}","streamSid":"${this.#identity.streamSid}","media":{"track":"inbound","chunk":"${chunk}","timestamp":"${(chunk - 1) * FRAME_MS}","payload":"${payload}"}}`;
  }

  /** A frame is lost on its way: its chunk number and its time pass all the same. */
  skipMedia(): void {
    this.#chunk++;
  }

  dtmf(digit: string): string {
    return this.#message("dtmf", { dtmf: { track: "inbound_track", digit } });
  }

  mark(name: string): string {
    return this.#message("mark", { mark: { name } });
  }

  stop(): string {
    const { accountSid, callSid } = this.#identity;
    return this.#message("stop", { stop: { accountSid, callSid } });
  }

  /** Reads a message of the gateway as strictly as Twilio: a missing or an extra field makes it invalid. */
  read(text: string): GatewayMessage | InvalidMessage {
    if (text.startsWith(this.#mediaHead) && text.endsWith('"}}')) {
      const payload = text.slice(this.#mediaHead.length, -3);
      if (!payload.includes('"')) return mediaMessage(payload);
    }
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return invalid("not JSON");
    }
    return this.#readValue(value);
  }

  #message(event: string, body: object): string {
    const { streamSid } = this.#identity;
    return JSON.stringify({ event, sequenceNumber: String(++this.#sequence), streamSid, ...body });
  }

  #readValue(value: unknown): GatewayMessage | InvalidMessage {
    if (!isObject(value)) return invalid("not an object");
    const event = value.event;
    if (value.streamSid !== this.#identity.streamSid) return invalid("wrong streamSid");
    if (event === "clear") return hasOnly(value, "event", "streamSid") ? { event } : invalid("extra field");
    if (event !== "media" && event !== "mark") return invalid(`unknown event ${JSON.stringify(event)}`);
    const body = value[event];
    if (!hasOnly(value, "event", "streamSid", event) || !isObject(body)) return invalid(`malformed ${event}`);
    const field = event === "media" ? "payload" : "name";
    const content = body[field];
    if (!hasOnly(body, field) || typeof content !== "string") return invalid(`malformed ${event}.${field}`);
    return event === "media" ? mediaMessage(content) : { event, name: content };
  }
}

function mediaMessage(payload: string): GatewayMessage | InvalidMessage {
  const mulaw = Buffer.from(payload, "base64");
  const padding = payload.endsWith("==") ? 2 : payload.endsWith("=") ? 1 : 0;
  // `Buffer` passes over what is no base64, and takes the URL-safe alphabet for base64.
  const standard = !payload.includes("-") && !payload.includes("_");
  const whole = payload.length % 4 === 0 && mulaw.length === (payload.length / 4) * 3 - padding && standard;
  return whole ? { event: "media", mulaw } : invalid("payload is not base64");
}

function invalid(detail: string): InvalidMessage {
  return { event: "invalid", detail };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasOnly(value: object, ...names: readonly string[]): boolean {
  const keys = Object.keys(value);
  return keys.length === names.length && keys.every((key) => names.includes(key));
}
