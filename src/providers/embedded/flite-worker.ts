import { parentPort } from "node:worker_threads";
import { FliteVoice, type FliteVoiceName } from "./flite-voice.ts";

/** One piece of text to speak; answered once, by the same id. */
export interface SynthesisOrder {
  readonly id: number;
  readonly text: string;
  readonly voice: FliteVoiceName;
}

export type SynthesisResult =
  | { readonly id: number; readonly mulaw: Uint8Array<ArrayBuffer> }
  | { readonly id: number; readonly error: string };

const port = parentPort;
if (port === null) throw new Error("flite-worker runs as a worker thread only");

const voice = await FliteVoice.load();
port.on("message", (order: SynthesisOrder) => {
  try {
    const mulaw = voice.say(order.text, order.voice) as Uint8Array<ArrayBuffer>;
    port.postMessage({ id: order.id, mulaw } satisfies SynthesisResult, [mulaw.buffer]);
  } catch (error) {
    port.postMessage({ id: order.id, error: String(error) } satisfies SynthesisResult);
  }
});
