/**
 * Where silence of our own was put into a caller's audio, so that positions in what was sent can be told as
 * positions in what the caller sent. All in bytes since the stream began.
 */
export class InsertedSilence {
  /** In order, apart from each other. */
  #runs: { readonly at: number; bytes: number }[] = [];
  /** Bytes of the runs that were forgotten. */
  #forgotten = 0;

  add(at: number, bytes: number): void {
    const last = this.#runs.at(-1);
    if (last !== undefined && last.at + last.bytes === at) last.bytes += bytes;
    else this.#runs.push({ at, bytes });
  }

  /** How much of the caller's own audio lies before `position`; not before the last position forgotten. */
  ownBefore(position: number): number {
    let inserted = this.#forgotten;
    for (const { at, bytes } of this.#runs) inserted += Math.max(0, Math.min(bytes, position - at));
    return position - inserted;
  }

  /** Nobody asks about positions before this one any more. */
  forget(position: number): void {
    for (let run = this.#runs[0]; run !== undefined; run = this.#runs[0]) {
      if (run.at + run.bytes > position) return;
      this.#forgotten += run.bytes;
      this.#runs.shift();
    }
  }
}
