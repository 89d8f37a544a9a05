/**
 * What one streamed reply costs in CPU through the `openai` package, through `fetch` with our own reader of
 * server-sent events, through `node:http` with the same reader, and through the adapter that is built on that;
 * and what importing the package costs.
 * The stand-in runs in a process of its own, so that only the client is counted.
 *
 *   node bench/openai-sdk-cost.ts [streams at a time] [rounds]
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import type { ReplyRequest } from "../src/pipeline/language-model.ts";
import { OpenAiLanguageModel } from "../src/providers/openai/openai-language-model.ts";
import { readEvents } from "../src/providers/openai/server-sent-events.ts";
import { systemClock } from "../src/runtime/clock.ts";
import { startOpenAiStandIn } from "../src/simulation/stand-ins/openai-stand-in.ts";

const TOKENS = 80;
const SECONDS_PER_REPLY = 8;
const BODY = {
  model: "gpt-4.1-mini",
  stream: true as const,
  stream_options: { include_usage: true },
  messages: [
    { role: "system" as const, content: "You answer the phone of a small company. ".repeat(20) },
    { role: "user" as const, content: "Hello, I would like to book a table for two." },
  ],
};

const REQUEST: ReplyRequest = {
  conversationId: "bench",
  prompt: BODY.messages[0]?.content ?? "",
  messages: [{ role: "caller", text: BODY.messages[1]?.content ?? "", by: "voice" }],
  tools: [],
  signal: new AbortController().signal,
};

if (process.argv[2] === "serve") {
  const reply = "word ".repeat(TOKENS).trim();
  const standIn = await startOpenAiStandIn({ clock: systemClock, reply: () => reply });
  process.send?.(standIn.origin);
  process.on("disconnect", () => void standIn.close());
} else {
  const server = fork(import.meta.filename, ["serve"]);
  const [origin] = (await once(server, "message")) as [string];
  await measure(`${origin}/v1`, Number(process.argv[2] ?? 50), Number(process.argv[3] ?? 6));
  await stop(server);
}

async function measure(baseUrl: string, streams: number, rounds: number): Promise<void> {
  const memory = process.memoryUsage().rss;
  const begun = performance.now();
  const { default: OpenAI } = await import("openai");
  const client = new OpenAI({ apiKey: "bench", baseURL: baseUrl, maxRetries: 0 });
  console.log(
    `import: ${(performance.now() - begun).toFixed(0)} ms, ` +
      `${((process.memoryUsage().rss - memory) / 1e6).toFixed(0)} MB`,
  );
  const agent = new http.Agent({ keepAlive: true });
  const model = new OpenAiLanguageModel({ apiKey: "bench", clock: systemClock, baseUrl });
  const ways = {
    "openai SDK": async () => {
      let chunks = 0;
      for await (const chunk of await client.chat.completions.create(BODY)) chunks += chunk.choices.length;
      return chunks;
    },
    "fetch + SSE": async () => {
      const response = await fetch(`${baseUrl}/chat/completions`, {
        method: "POST",
        headers: { authorization: "Bearer bench", "content-type": "application/json" },
        body: JSON.stringify(BODY),
      });
      return count(response.body as AsyncIterable<Uint8Array>);
    },
    "node:http + SSE": async () => {
      const request = http.request(`${baseUrl}/chat/completions`, {
        method: "POST",
        agent,
        headers: { authorization: "Bearer bench", "content-type": "application/json" },
      });
      request.end(JSON.stringify(BODY));
      const [response] = (await once(request, "response")) as [http.IncomingMessage];
      return count(response);
    },
    "our adapter": async () => {
      // The role's chunk and the finish reason's give no text: count them as the others do.
      let chunks = 1;
      for await (const _part of model.reply(REQUEST)) chunks++;
      return chunks;
    },
  };
  console.log(
    `${streams} streams at a time, ${rounds} rounds, ${TOKENS} tokens each; CPU of the median round`,
  );
  for (const run of Object.values(ways)) await together(streams, run);
  const costs = new Map<string, number[]>();
  // In turns, so that what else the machine does falls on all ways alike.
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(ways)) {
      const before = process.cpuUsage();
      await together(streams, run);
      const { user, system } = process.cpuUsage(before);
      costs.set(name, [...(costs.get(name) ?? []), (user + system) / 1000 / streams]);
    }
  }
  for (const [name, each] of costs) {
    const sorted = each.sort((a, b) => a - b);
    const median = sorted[sorted.length >> 1] ?? 0;
    console.log(
      `${name.padEnd(16)} ${median.toFixed(2)} ms a reply (${sorted[0]?.toFixed(2)} to ${sorted.at(-1)?.toFixed(2)}), ` +
        `${(median / SECONDS_PER_REPLY).toFixed(3)} ms per call-second`,
    );
  }
  agent.destroy();
  model.close();
}

async function count(body: AsyncIterable<Uint8Array>): Promise<number> {
  let chunks = 0;
  for await (const data of readEvents(body)) {
    if (data !== "[DONE]") chunks += (JSON.parse(data) as { choices: unknown[] }).choices.length;
  }
  return chunks;
}

async function together(streams: number, run: () => Promise<number>): Promise<void> {
  const counts = await Promise.all(Array.from({ length: streams }, run));
  for (const chunks of counts) if (chunks !== TOKENS + 2) throw new Error(`${chunks} chunks came`);
}

async function stop(server: ChildProcess): Promise<void> {
  server.disconnect();
  await once(server, "exit");
}
