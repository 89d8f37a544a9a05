/** How fast a voice speaks, learnt from what it has said to its end. */
export class SpeakingRate {
  #characters = 0;
  #ms = 0;

  /** In ms a character. */
  get perCharacter(): number {
    return this.#characters < LEAST ? USUAL : this.#ms / this.#characters;
  }

  said(characters: number, ms: number): void {
    if (characters === 0 || ms === 0) return;
    this.#characters += characters;
    this.#ms += ms;
  }
}

/** Of English over the telephone, about 15 characters a second. */
const USUAL = 65;
/** Characters below which the pauses of a few words would tell more than the voice. */
const LEAST = 40;
