import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

/** A request that the server got, as far as tests ask. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly form: Readonly<Record<string, string>>;
  readonly signature: string | undefined;
}

/** A message of the phone, as it was on the wire. */
export type Seen = { readonly event: string } & Readonly<Record<string, unknown>>;

export interface ScriptedGateway {
  readonly origin: string;
  readonly requests: readonly SeenRequest[];
  readonly upgrades: readonly { readonly url: string; readonly signature: string | undefined }[];
  /** Messages of the phone, each stream in its own list. */
  readonly streams: readonly (readonly Seen[])[];
  close(): Promise<void>;
}

export interface Script {
  /** The TwiML of request number `index` (from 0); a number is a status instead. */
  readonly answer: (request: SeenRequest, index: number, origin: string) => string | number;
  /** Reacts to a message of the phone. */
  readonly react?: (message: Seen, stream: ScriptedStream) => void;
  /** What the live feed sends, and what the transcript holds at the end; without it there is neither. */
  readonly transcript?: readonly object[];
  /** Status for the upgrade instead of 101; by a function for upgrade number `index` (from 0). */
  readonly refuseUpgrade?: number | ((index: number) => number | undefined);
}

/** The gateway's side of one media stream. */
export interface ScriptedStream {
  readonly index: number;
  media(mulaw: Uint8Array): void;
  mark(name: string): void;
  clear(): void;
  raw(data: string | Buffer): void;
  close(): void;
  /** Breaks the connection. */
  cut(): void;
}

/** A gateway of a few lines for tests of the phone: answers webhooks and media messages by a script. */
export async function scriptedGateway(script: Script): Promise<ScriptedGateway> {
  const requests: SeenRequest[] = [];
  const upgrades: { url: string; signature: string | undefined }[] = [];
  const streams: Seen[][] = [];
  const http = createServer((request, response) => {
    readRequest(request).then(
      (seen) => answer(seen, response),
      (error: unknown) => response.destroy(error as Error),
    );
  });
  const answer = (seen: SeenRequest, response: ServerResponse): void => {
    if (seen.url.startsWith("/api/v1/")) {
      response.writeHead(script.transcript === undefined ? 404 : 200);
      response.end(JSON.stringify(script.transcript ?? {}));
      return;
    }
    requests.push(seen);
    const document = seen.url.includes("status") ? "" : script.answer(seen, requests.length - 1, origin());
    if (typeof document === "number") response.writeHead(document).end("no");
    else response.writeHead(200, { "content-type": "text/xml" }).end(document);
  };
  const sockets = new WebSocketServer({ noServer: true });
  http.on("upgrade", (request, socket, head) => {
    if (request.url?.startsWith("/ws/transcripts/")) {
      sockets.handleUpgrade(request, socket, head, (feed) => {
        for (const entry of script.transcript?.slice(0, 1) ?? []) {
          feed.send(JSON.stringify({ event: "transcript_update", interim: false, ...entry }));
        }
        feed.close();
      });
      return;
    }
    upgrades.push({ url: request.url ?? "", signature: signatureOf(request) });
    const { refuseUpgrade } = script;
    const refusal = typeof refuseUpgrade === "function" ? refuseUpgrade(upgrades.length - 1) : refuseUpgrade;
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (media) => {
      const messages: Seen[] = [];
      streams.push(messages);
      const stream = scriptedStream(media, streams.length - 1, messages);
      media.on("message", (data) => {
        const message = JSON.parse(String(data)) as Seen;
        messages.push(message);
        script.react?.(message, stream);
      });
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const origin = () => `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    origin: origin(),
    requests,
    upgrades,
    streams,
    close: async () => {
      for (const client of sockets.clients) client.terminate();
      http.closeAllConnections();
      http.close();
      await once(http, "close");
    },
  };
}

function scriptedStream(socket: WebSocket, index: number, messages: readonly Seen[]): ScriptedStream {
  const send = (message: object) => {
    const streamSid = messages.find(({ event }) => event === "start")?.streamSid;
    socket.send(JSON.stringify({ ...message, streamSid }));
  };
  return {
    index,
    media: (mulaw) => send({ event: "media", media: { payload: Buffer.from(mulaw).toString("base64") } }),
    mark: (name) => send({ event: "mark", mark: { name } }),
    clear: () => send({ event: "clear" }),
    raw: (data) => socket.send(data),
    close: () => socket.close(),
    cut: () => socket.terminate(),
  };
}

async function readRequest(request: IncomingMessage): Promise<SeenRequest> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return {
    method: request.method ?? "",
    url: request.url ?? "",
    form: Object.fromEntries(new URLSearchParams(Buffer.concat(parts).toString())),
    signature: signatureOf(request),
  };
}

function signatureOf(request: IncomingMessage): string | undefined {
  const header = request.headers["x-twilio-signature"];
  return typeof header === "string" ? header : undefined;
}
