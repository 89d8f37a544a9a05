import type { SpeechEvent, Utterance } from "../../pipeline/text-to-speech.ts";
import { GatewayError } from "../../runtime/errors.ts";
import type { FailoverOptions } from "./failover-options.ts";

/**
 * UTF-16 units kept for another voice: about 20 minutes of speech. An utterance that was given more and has made no
 * sound is not begun again: its failure goes through.
 */
const MOST_KEPT = 20_000;

/** A provider's voice on a connection of this call. */
export interface FailoverVoice {
  readonly name: string;
  /** Begins an utterance; undefined: there is no connection any more. */
  speak(listener: (event: SpeechEvent) => void): Utterance | undefined;
}

export interface FailoverUtteranceParts extends Pick<FailoverOptions, "onFailure"> {
  /** In failover order; at least one. */
  readonly voices: readonly FailoverVoice[];
  readonly listener: (event: SpeechEvent) => void;
}

type Step = { readonly write: string } | "flush" | "end";

/**
 * One utterance, spoken by the first voice that makes a sound of it: until then all that was written is kept, and
 * flushes in their places, and given again to the next voice when the one before fails.
 */
export class FailoverUtterance implements Utterance {
  readonly #parts: FailoverUtteranceParts;
  readonly #script: Step[] = [];
  /** Steps of the script that the present voice has been given. */
  #given = 0;
  #written = 0;
  /** Which voice speaks; -1: none any more. Events of all others are late ones. */
  #voice = -1;
  #utterance: Utterance | undefined;
  #sounded = false;
  #ended = false;

  constructor(parts: FailoverUtteranceParts) {
    this.#parts = parts;
  }

  begin(): void {
    this.#use(0);
  }

  write(text: string): void {
    this.#written += text.length;
    this.#step({ write: text });
  }

  flush(): void {
    this.#step("flush");
  }

  end(): void {
    if (this.#ended) return;
    this.#step("end");
    this.#ended = true;
  }

  cancel(): void {
    const utterance = this.#utterance;
    this.#settle();
    utterance?.cancel();
  }

  #use(voice: number): void {
    this.#voice = voice;
    this.#given = 0;
    const utterance = this.#parts.voices[voice]?.speak((event) => {
      if (this.#voice === voice) this.#hear(event);
    });
    // A failure that came before `speak` returned has changed the voice already.
    if (this.#voice !== voice) return;
    if (utterance === undefined) {
      const error = new GatewayError("PROVIDER_UNAVAILABLE", "The connection of the voice was closed");
      this.#hear({ type: "failed", error });
      return;
    }
    this.#utterance = utterance;
    this.#give();
  }

  #step(step: Step): void {
    if (this.#voice < 0 || this.#ended) return;
    this.#script.push(step);
    this.#give();
  }

  /** Every step may make the voice fail before it returns, and so begin again here with another. */
  #give(): void {
    while (this.#given < this.#script.length && this.#utterance !== undefined) {
      const step = this.#script[this.#given++] as Step;
      if (step === "flush") this.#utterance.flush();
      else if (step === "end") this.#utterance.end();
      else this.#utterance.write(step.write);
    }
    if (this.#beyondRepeat) this.#forget();
  }

  get #beyondRepeat(): boolean {
    return this.#sounded || this.#written > MOST_KEPT;
  }

  #hear(event: SpeechEvent): void {
    if (event.type === "audio") this.#sounded = true;
    const next = this.#voice + 1;
    if (event.type === "failed" && !this.#beyondRepeat && next < this.#parts.voices.length) {
      this.#utterance = undefined;
      this.#parts.onFailure(this.#parts.voices[this.#voice]?.name ?? "", event.error);
      this.#use(next);
      return;
    }
    if (event.type !== "audio") this.#settle();
    this.#parts.listener(event);
  }

  #settle(): void {
    this.#voice = -1;
    this.#utterance = undefined;
    this.#forget();
  }

  #forget(): void {
    this.#script.length = 0;
    this.#given = 0;
  }
}
