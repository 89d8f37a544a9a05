import { SILENCE } from "../audio/audio-format.ts";
import type { VoiceEvent } from "../journal/journal-line.ts";
import type { SpeechEvent, Utterance } from "../pipeline/text-to-speech.ts";
import type { Cancel, Clock } from "../runtime/clock.ts";
import { GatewayError } from "../runtime/errors.ts";
import type { VoicePiece } from "./voice-pace.ts";

/** An utterance of the journal, given again: each piece as long after its input as it came, in their order. */
export class ReplayedUtterance implements Utterance {
  readonly #pieces: readonly VoicePiece[];
  readonly #clock: Clock;
  readonly #listener: (event: SpeechEvent) => void;
  /** When each input came; the first is the beginning. */
  readonly #inputs: number[];
  #next = 0;
  #ended = false;
  #cancelled = false;
  #cancelTimer: Cancel | undefined;

  constructor(pieces: readonly VoicePiece[], clock: Clock, listener: (event: SpeechEvent) => void) {
    this.#pieces = pieces;
    this.#clock = clock;
    this.#listener = listener;
    this.#inputs = [clock.now()];
    this.#giveDue(false);
  }

  write(): void {
    this.#input();
  }

  flush(): void {
    this.#input();
  }

  end(): void {
    this.#ended = true;
    this.#input();
  }

  cancel(): void {
    this.#cancelled = true;
    this.#cancelTimer?.();
  }

  #input(): void {
    this.#inputs.push(this.#clock.now());
    this.#giveDue(false);
  }

  /** @param waited whether this is on a timer: then what is due now is given, too. */
  #giveDue(waited: boolean): void {
    for (;;) {
      const piece = this.#pieces[this.#next];
      if (piece === undefined || this.#cancelled || this.#cancelTimer !== undefined) return;
      // Fewer inputs than there were: its end is the last one.
      const since = this.#inputs[piece.after] ?? (this.#ended ? this.#inputs.at(-1) : undefined);
      if (since === undefined) return;
      const wait = since + piece.dt - this.#clock.now();
      if (piece.sync !== true && (wait > 0 || !waited)) {
        this.#cancelTimer = this.#clock.after(wait, () => {
          this.#cancelTimer = undefined;
          this.#giveDue(true);
        });
        return;
      }
      this.#next += 1;
      this.#listener(withSilence(piece.e));
    }
  }
}

/** The event with silence of the same length in place of the sound. */
export function withSilence(event: VoiceEvent): SpeechEvent {
  if (event.type === "done") return event;
  if (event.type === "failed")
    return { type: "failed", error: new GatewayError(event.error.code, event.error.message) };
  const { bytes, characters } = event;
  const mulaw = new Uint8Array(bytes).fill(SILENCE);
  return { type: "audio", mulaw, ...(characters && { characters }) };
}
