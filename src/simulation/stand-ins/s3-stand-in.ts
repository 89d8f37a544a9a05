import type { IncomingMessage, ServerResponse } from "node:http";
import { FaultPlan } from "./fault-plan.ts";
import type { Fault } from "./stand-in.ts";
import { type StandInServer, startStandInServer } from "./stand-in-server.ts";

export interface S3StandInOptions {
  readonly bucket: string;
  readonly accessKeyId: string;
  /** Names in one page of a listing; default 1000, as S3's. */
  readonly pageSize?: number;
}

/** An object as it was put. */
export interface StoredObject {
  readonly bytes: Buffer;
  readonly type: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly modifiedAt: Date;
}

/**
 * A bucket on loopback that speaks as much of S3's REST protocol, path-style, as a store of files needs: PUT, GET with
 * a range, HEAD, DELETE and ListObjectsV2. It looks at the name in the signature, not at the signature itself.
 */
export class S3StandIn {
  readonly objects = new Map<string, StoredObject>();
  /** What was asked, such as `PUT calls/1.wav`. */
  readonly requests: string[] = [];
  readonly #options: S3StandInOptions;
  readonly #faults = new FaultPlan();
  #server: StandInServer | undefined;

  constructor(options: S3StandInOptions) {
    this.#options = options;
  }

  static async start(options: S3StandInOptions): Promise<S3StandIn> {
    const standIn = new S3StandIn(options);
    standIn.#server = await startStandInServer({
      request: (request, response) => standIn.#serve(request, response),
    });
    return standIn;
  }

  get origin(): string {
    return this.#server?.origin ?? "";
  }

  /** Faults of the next requests, one each: `status`, `stall`, `drop`. */
  inject(...faults: Fault[]): void {
    this.#faults.inject(...faults);
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const fault = this.#faults.begin({ cut: () => request.socket.destroy(), lasting: false });
    response.on("close", () => fault.end());
    const url = new URL(request.url ?? "/", "http://localhost");
    const [, bucket = "", ...rest] = url.pathname.split("/");
    const key = decodeURIComponent(rest.join("/"));
    this.requests.push(`${request.method} ${key}`);
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      fault.opened();
      if (fault.stalled || request.socket.destroyed) return;
      const { authorization = "" } = request.headers;
      if (fault.status !== undefined) refuse(response, fault.status, "InternalError");
      else if (!authorization.startsWith(`AWS4-HMAC-SHA256 Credential=${this.#options.accessKeyId}/`))
        refuse(response, 403, "InvalidAccessKeyId");
      else if (bucket !== this.#options.bucket) refuse(response, 404, "NoSuchBucket");
      else if (key === "") this.#list(url.searchParams, response);
      else this.#object(key, request, Buffer.concat(chunks), response);
    });
  }

  #object(key: string, request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const { method, headers } = request;
    if (method === "PUT") {
      this.objects.set(key, {
        bytes: body,
        type: headers["content-type"] ?? "",
        metadata: Object.fromEntries(
          Object.entries(headers).flatMap(([name, value]) =>
            name.startsWith(METADATA) ? [[name.slice(METADATA.length), String(value)]] : [],
          ),
        ),
        modifiedAt: new Date(),
      });
      response.writeHead(200).end();
      return;
    }
    if (method === "DELETE") {
      this.objects.delete(key);
      response.writeHead(204).end();
      return;
    }
    const object = this.objects.get(key);
    if (object === undefined) return refuse(response, 404, "NoSuchKey", method === "HEAD");
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? [];
    const ranged = from !== undefined && to !== undefined;
    const bytes = ranged ? object.bytes.subarray(Number(from), Number(to) + 1) : object.bytes;
    const metadata = Object.entries(object.metadata).map(([name, value]) => [METADATA + name, value]);
    response.writeHead(ranged ? 206 : 200, {
      ...Object.fromEntries(metadata),
      "content-type": object.type,
      "content-length": bytes.length,
      "last-modified": object.modifiedAt.toUTCString(),
    });
    response.end(method === "HEAD" ? undefined : bytes);
  }

  #list(query: URLSearchParams, response: ServerResponse): void {
    const { bucket, pageSize = 1_000 } = this.#options;
    const prefix = query.get("prefix") ?? "";
    const after = query.get("continuation-token") ?? "";
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    const page = keys.slice(0, pageSize);
    const contents = page.map((key) => {
      const { bytes, modifiedAt } = this.objects.get(key) as StoredObject;
      const fields = `<Key>${key}</Key><LastModified>${modifiedAt.toISOString()}</LastModified>`;
      return `<Contents>${fields}<Size>${bytes.length}</Size></Contents>`;
    });
    const more = keys.length > page.length;
    const token = more ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : "";
    answer(
      response,
      200,
      `<ListBucketResult><Name>${bucket}</Name><IsTruncated>${more}</IsTruncated>${token}${contents.join("")}</ListBucketResult>`,
    );
  }
}

function refuse(response: ServerResponse, status: number, code: string, head = false): void {
  if (head) response.writeHead(status).end();
  else answer(response, status, `<Error><Code>${code}</Code><Message>Refused: ${code}</Message></Error>`);
}

function answer(response: ServerResponse, status: number, xml: string): void {
  response.writeHead(status, { "content-type": "application/xml" });
  response.end(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`);
}

const METADATA = "x-amz-meta-";
