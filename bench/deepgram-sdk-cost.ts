/**
 * What carrying a caller's audio to Deepgram costs in CPU: through the vendor's SDK, through plain `ws`, and
 * through the adapter with and without joining frames. Frames of 20 ms in real time, three seconds of
 * speech-like sound after every three of silence; the stand-in runs in a process of its own.
 *
 *   node bench/deepgram-sdk-cost.ts [streams] [rounds] [seconds per round]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { DeepgramClient } from "@deepgram/sdk";
import { WebSocket } from "ws";
import { FRAME_BYTES, FRAME_MS, SAMPLE_RATE, SILENCE } from "../src/audio/audio-format.ts";
import { encodeMulaw } from "../src/audio/mulaw.ts";
import { deepgramSpeechToText } from "../src/providers/deepgram/deepgram-speech-to-text.ts";
import { listenV1Path } from "../src/providers/deepgram/listen-v1-messages.ts";
import { systemClock } from "../src/runtime/clock.ts";
import { startDeepgramStandIn } from "../src/simulation/stand-ins/deepgram-stand-in.ts";

interface Uplink {
  send(frame: Uint8Array): void;
  close(): Promise<unknown>;
}

const WARM_UP = 1_000;

if (process.argv[2] === "serve") {
  const standIn = await startDeepgramStandIn({ clock: systemClock });
  process.send?.(standIn.origin);
  process.on("disconnect", () => void standIn.close());
} else {
  const server = fork(import.meta.filename, ["serve"]);
  const [origin] = (await once(server, "message")) as [string];
  const [streams = 100, rounds = 3, seconds = 5] = process.argv.slice(2).map(Number);
  await compare(ways(origin), streams, rounds, seconds * 1000);
  server.disconnect();
  await once(server, "exit");
}

function ways(origin: string): Record<string, () => Promise<Uplink>> {
  const socketUrl = origin.replace("http", "ws");
  const query = { model: "nova-3", language: "en-US", endpointing: 300 };
  const client = new DeepgramClient({ apiKey: "bench", baseUrl: socketUrl });
  async function adapter(uplinkBatch: number): Promise<Uplink> {
    const ready = Promise.withResolvers<void>();
    const provider = deepgramSpeechToText({
      apiKey: "bench",
      clock: systemClock,
      baseUrl: origin,
      uplinkBatch,
    });
    const stream = provider.open({ language: "en-US" }, (event) => {
      if (event.type === "ready") ready.resolve();
    });
    await ready.promise;
    return { send: (frame) => stream.push(frame), close: () => stream.close() };
  }
  return {
    "no socket": async () => ({ send: () => {}, close: async () => {} }),
    "@deepgram/sdk": async () => {
      const socket = await client.listen.v1.connect({
        model: "nova-3",
        language: "en-US",
        encoding: "mulaw",
        sample_rate: 8000,
        channels: 1,
        interim_results: "true",
        endpointing: 300,
        utterance_end_ms: 1000,
        vad_events: "true",
        punctuate: "true",
        reconnectAttempts: 0,
        Authorization: "Token bench",
      });
      socket.on("message", () => {});
      socket.connect();
      await socket.waitForOpen();
      return { send: (frame) => socket.sendMedia(frame), close: async () => socket.close() };
    },
    "plain ws": async () => {
      const socket = new WebSocket(`${socketUrl}${listenV1Path(query)}`, {
        headers: { Authorization: "Token bench" },
        perMessageDeflate: false,
        skipUTF8Validation: true,
      });
      socket.on("message", (data) => JSON.parse(String(data)));
      await once(socket, "open");
      return {
        send: (frame) => socket.send(frame),
        close: () => {
          socket.terminate();
          return once(socket, "close");
        },
      };
    },
    "adapter, frame by frame": () => adapter(20),
    "adapter, joined up to 100 ms": () => adapter(100),
  };
}

/** Three seconds of silence, then three of a tone with a short dip every 400 ms, as words have. */
function cycle(): Uint8Array[] {
  const quiet = new Uint8Array(FRAME_BYTES).fill(SILENCE);
  return Array.from({ length: 300 }, (_, frame) => {
    if (frame < 150 || frame % 20 < 2) return quiet;
    const samples = Int16Array.from(
      { length: FRAME_BYTES },
      (_each, i) => 6000 * Math.sin((2 * Math.PI * 200 * i) / SAMPLE_RATE),
    );
    return encodeMulaw(samples);
  });
}

/** Answers CPU ms per stream-second. */
async function measure(open: () => Promise<Uplink>, streams: number, ms: number): Promise<number> {
  const frames = cycle();
  const uplinks: Uplink[] = [];
  for (let i = 0; i < streams; i++) uplinks.push(await open());
  let before = process.cpuUsage();
  let sent = 0;
  const begun = performance.now();
  const warmFrames = WARM_UP / FRAME_MS;
  const allFrames = (WARM_UP + ms) / FRAME_MS;
  while (sent < allFrames) {
    await new Promise((resolve) =>
      setTimeout(resolve, Math.max(0, begun + sent * FRAME_MS - performance.now())),
    );
    if (sent === warmFrames) before = process.cpuUsage();
    // Callers are not in step with one another.
    for (const [i, uplink] of uplinks.entries()) {
      uplink.send(frames[(sent + i * 7) % frames.length] as Uint8Array);
    }
    sent++;
  }
  const used = process.cpuUsage(before);
  await Promise.all(uplinks.map((uplink) => uplink.close()));
  return (used.user + used.system) / 1000 / (streams * (ms / 1000));
}

async function compare(
  candidates: Record<string, () => Promise<Uplink>>,
  streams: number,
  rounds: number,
  ms: number,
): Promise<void> {
  const results = new Map<string, number[]>(Object.keys(candidates).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, open] of Object.entries(candidates)) {
      results.get(name)?.push(await measure(open, streams, ms));
    }
  }
  console.log(`${streams} streams, ${rounds} rounds of ${ms} ms, node ${process.version}`);
  console.log("CPU ms per stream-second: median (all rounds)");
  for (const [name, costs] of results) {
    const sorted = costs.toSorted((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)] as number;
    console.log(
      `${name.padEnd(30)} ${median.toFixed(3)}  (${costs.map((cost) => cost.toFixed(3)).join(" ")})`,
    );
  }
}
