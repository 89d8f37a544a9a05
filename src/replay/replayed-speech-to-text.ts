import type { HeardEntry } from "../journal/journal-line.ts";
import type { SpeechToText, TranscriptEvent, TranscriptionStream } from "../pipeline/speech-to-text.ts";
import { GatewayError } from "../runtime/errors.ts";

/**
 * The recogniser of a journal. What it told by itself comes at its time, given by {@link tell}; what it told within
 * the n-th `push` or `finalize` comes within that call again. A request for final words that was never made leaves
 * its answer for {@link tell} at its time; one more than were made is answered without words.
 */
export class ReplayedSpeechToText implements SpeechToText {
  readonly name: string;
  readonly endpoints: SpeechToText["endpoints"];
  readonly punctuates: boolean;
  readonly #within = new Map<string, HeardEntry[]>();
  readonly #calls = { push: 0, finalize: 0 };
  #finalizes = 0;
  #listener: ((event: TranscriptEvent) => void) | undefined;

  constructor(
    { name, endpoints, punctuates }: Pick<SpeechToText, "name" | "endpoints" | "punctuates">,
    entries: readonly HeardEntry[],
  ) {
    this.name = name;
    this.endpoints = endpoints;
    this.punctuates = punctuates;
    for (const entry of entries) {
      if (entry.in === undefined) continue;
      const { call, n } = entry.in;
      this.#within.set(`${call} ${n}`, [...(this.#within.get(`${call} ${n}`) ?? []), entry]);
      if (call === "finalize") this.#finalizes = Math.max(this.#finalizes, n);
    }
  }

  open(_: unknown, listener: (event: TranscriptEvent) => void): TranscriptionStream {
    this.#listener = listener;
    return {
      push: () => this.#called("push"),
      finalize: () => {
        this.#called("finalize");
        if (this.#finalizes > 0 && this.#calls.finalize > this.#finalizes)
          listener({ type: "final", text: "", confidence: 1 });
      },
      hint: () => {},
      close: async () => {
        this.#listener = undefined;
      },
    };
  }

  /** The time of the entry has come. */
  tell(entry: HeardEntry): void {
    if (entry.in === undefined) return this.#give(entry);
    // It was an answer; it still has to be given when nobody has asked for it by now.
    const { call, n } = entry.in;
    if (this.#within.delete(`${call} ${n}`)) this.#give(entry);
  }

  #called(call: "push" | "finalize"): void {
    const key = `${call} ${++this.#calls[call]}`;
    const entries = this.#within.get(key) ?? [];
    this.#within.delete(key);
    for (const entry of entries) this.#give(entry);
  }

  #give({ e }: HeardEntry): void {
    if (e.type !== "failed") return this.#listener?.(e);
    this.#listener?.({ type: "failed", error: new GatewayError(e.error.code, e.error.message) });
  }
}
