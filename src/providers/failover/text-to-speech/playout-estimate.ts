/** How long the audio handed over so far lasts, if it is heard from the moment it comes. Times in ms of one clock. */
export class PlayoutEstimate {
  #end = 0;

  add(ms: number, now: number): void {
    this.#end = Math.max(this.#end, now) + ms;
  }

  /** When it runs out; in the past when it has. */
  get end(): number {
    return this.#end;
  }
}
