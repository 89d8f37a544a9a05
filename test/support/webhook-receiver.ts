import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request as it came. */
export interface ReceivedPost {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How a request is answered: with a status, or not as one should. */
export type Behaviour =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** No answer; or its headers, and then nothing. */
  | { readonly kind: "stall"; readonly after: "nothing" | "headers" }
  | { readonly kind: "reset" };

export function answering(status: number, headers: Readonly<Record<string, string>> = {}): Behaviour {
  return { kind: "answer", status, headers };
}

/** A real HTTP server that gets deliveries, and answers each as it is told; 200 when it is told nothing. */
export class WebhookReceiver {
  readonly posts: ReceivedPost[] = [];
  /** For the next requests, in turn. */
  readonly behaviours: Behaviour[] = [];
  /** For every other request. */
  usual: Behaviour = answering(200);
  readonly #server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("error", () => {}); // a gateway that was killed
    request.on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      this.posts.push({ path: request.url ?? "", headers: request.headers, body });
      behave(this.behaviours.shift() ?? this.usual, response);
    });
  });

  static async start(port = 0): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    receiver.#server.listen(port, "127.0.0.1");
    await once(receiver.#server, "listening");
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/calls`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function behave(behaviour: Behaviour, response: ServerResponse): void {
  if (behaviour.kind === "reset") {
    response.socket?.resetAndDestroy();
  } else if (behaviour.kind === "answer") {
    response.writeHead(behaviour.status, behaviour.headers);
    response.end(behaviour.body ?? '{"success":true}');
  } else if (behaviour.after === "headers") {
    response.writeHead(200, { "content-length": "100" });
    response.write("{");
  }
}
