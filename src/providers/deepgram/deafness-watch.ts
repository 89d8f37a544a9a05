import { BYTES_PER_MS, durationOf } from "../../audio/audio-format.ts";
import type { Clock } from "../../runtime/clock.ts";

/** Sound without which silence from the vendor proves nothing; shorter is a click or a cough: 300 ms. */
const SOUND_THAT_ASKS = 300 * BYTES_PER_MS;

/**
 * Notices a connection that says nothing to speech. The rule: since the first loud audio after the vendor's last
 * message about the audio, `deadline` ms have passed and so much audio was sent, at least 300 ms of it loud. Both
 * protocols say something of it once a second or oftener, words or not, so a healthy connection never comes near; a
 * wrong verdict costs a reconnection, and no words, because the audio is sent again.
 */
export class DeafnessWatch {
  readonly #clock: Clock;
  readonly #deadline: number;
  /** When the first loud audio came that the vendor has said nothing to. */
  #loudSince: number | undefined;
  #loud = 0;
  #audio = 0;

  /** @param deadline in ms. */
  constructor(clock: Clock, deadline: number) {
    this.#clock = clock;
    this.#deadline = deadline;
  }

  /** A connection begins. @param spoken whether what it is given first has speech in it. */
  begin(spoken: boolean): void {
    this.heard();
    if (!spoken) return;
    this.#loudSince = this.#clock.now();
    this.#loud = SOUND_THAT_ASKS;
  }

  /** The vendor said something of the audio, be it that there are no words in it. */
  heard(): void {
    this.#loudSince = undefined;
    this.#loud = 0;
    this.#audio = 0;
  }

  /** Live audio goes to the vendor; answers whether it must be taken for deaf. */
  pushed(bytes: number, loud: boolean): boolean {
    if (loud) {
      this.#loudSince ??= this.#clock.now();
      this.#loud += bytes;
    }
    if (this.#loudSince === undefined) return false;
    this.#audio += bytes;
    if (this.#loud < SOUND_THAT_ASKS || durationOf(this.#audio) < this.#deadline) return false;
    return this.#clock.now() - this.#loudSince >= this.#deadline;
  }
}
