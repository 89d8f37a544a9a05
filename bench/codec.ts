import alawmulaw from "alawmulaw";
import { FRAME_BYTES, FRAME_MS } from "../src/audio/audio-format.ts";
import { decodeMulaw, encodeMulaw } from "../src/audio/mulaw.ts";
import { loadVoiceActivity } from "../src/audio/voice-activity.ts";
import { systemClock } from "../src/runtime/clock.ts";
import { StreamWire } from "../src/simulation/phone/stream-wire.ts";
import { MediaFrameReader } from "../src/telephony/media-frame-reader.ts";
import { MessageWriter } from "../src/telephony/media-messages.ts";
import type { BenchmarkOptions, Table } from "./benchmark.ts";
import { median } from "./quantiles.ts";
import { readQuestion } from "./question.ts";

const ROUNDS = 9;
const STREAM = "MZ0123456789abcdef0123456789abcdef";

/** One way to do a thing: is called with a frame's number, and answers something, so that it is not skipped. */
type Step = (frame: number) => unknown;

/** What the steps of every frame cost, beside the plain way to do them. */
export async function codec({ quick, progress }: BenchmarkOptions): Promise<readonly Table[]> {
  progress("codec");
  const round = quick ? 2 : 100;
  const frames = framesOf(readQuestion(300).mulaw);
  const samples = frames.map((frame) => decodeMulaw(frame));
  const decoded = new Int16Array(FRAME_BYTES);
  const encoded = new Uint8Array(FRAME_BYTES);
  const wire = new StreamWire({ accountSid: "AC", callSid: "CA", streamSid: STREAM });
  const messages = frames.map((frame) => Buffer.from(wire.media(Buffer.from(frame).toString("base64"))));
  const reader = new MediaFrameReader(STREAM);
  const writer = new MessageWriter(STREAM);
  const voiceActivity = (await loadVoiceActivity())();
  const of = <Item>(items: readonly Item[], frame: number): Item => items[frame % items.length] as Item;
  const steps: readonly { step: string; ours: Step; plain?: Step }[] = [
    {
      step: "μ-law → samples (160)",
      ours: (frame) => decodeMulaw(of(frames, frame), decoded),
      plain: (frame) => alawmulaw.mulaw.decode(of(frames, frame)),
    },
    {
      step: "samples → μ-law (160)",
      ours: (frame) => encodeMulaw(of(samples, frame), encoded),
      plain: (frame) => alawmulaw.mulaw.encode(of(samples, frame)),
    },
    {
      step: "media message → frame",
      ours: (frame) => reader.read(of(messages, frame)),
      plain: (frame) => {
        const { media } = JSON.parse(of(messages, frame).toString()) as { media: { payload: string } };
        return Buffer.from(media.payload, "base64");
      },
    },
    {
      step: "frame → media message",
      ours: (frame) => writer.media(of(frames, frame)),
      plain: (frame) => {
        const payload = Buffer.from(of(frames, frame)).toString("base64");
        return JSON.stringify({ event: "media", streamSid: STREAM, media: { payload } });
      },
    },
    {
      step: "voice activity",
      ours: (frame) => voiceActivity.feed(of(frames, frame), frame * FRAME_MS),
    },
  ];
  const rows = steps.map(({ step, ours, plain }) => {
    const cost = nanosecondsOf(ours, round);
    const plainCost = plain && nanosecondsOf(plain, round);
    return { step, "ours (ns)": cost, "plain (ns)": plainCost, times: plainCost && plainCost / cost };
  });
  voiceActivity.close();
  return [
    {
      title: "Codec: time per frame of 20 ms",
      rows,
      notes: [
        "plain: `alawmulaw`'s functions; `JSON.parse` and `Buffer.from`; `JSON.stringify`.",
        "1000 ns a frame are 0.05 ms of CPU per call-second.",
      ],
    },
  ];
}

/** Median over rounds of so many ms each. */
function nanosecondsOf(step: Step, round: number): number {
  let count = 1_000;
  let elapsed = timeOf(step, count);
  while (elapsed < round / 4) {
    count *= 2;
    elapsed = timeOf(step, count);
  }
  count = Math.ceil((count * round) / elapsed);
  const each = Array.from({ length: ROUNDS }, () => (timeOf(step, count) / count) * 1e6);
  return median(each) ?? 0;
}

function timeOf(step: Step, count: number): number {
  let kept: unknown;
  const begun = systemClock.now();
  for (let frame = 0; frame < count; frame++) kept = step(frame);
  const elapsed = systemClock.now() - begun;
  if (kept instanceof Error) throw kept;
  return elapsed;
}

function framesOf(mulaw: Uint8Array): Uint8Array[] {
  return Array.from({ length: Math.floor(mulaw.length / FRAME_BYTES) }, (_, index) =>
    mulaw.subarray(index * FRAME_BYTES, (index + 1) * FRAME_BYTES),
  );
}
