/**
 * The caller's audio that the recogniser may still need: what was not sent yet, and what was sent but is not
 * covered by final words, so that it can be sent again after a lost connection. Positions are bytes since the
 * stream began. At the bound the oldest audio is overwritten; what was never sent is then counted as dropped.
 */
export class KeptAudio {
  readonly #ring: Uint8Array;
  #start = 0;
  #sent = 0;
  #end = 0;
  #confirmed = 0;
  #dropped = 0;

  /** @param bound bytes kept at most. */
  constructor(bound: number) {
    this.#ring = new Uint8Array(bound);
  }

  /** Bytes that were overwritten before they could be sent. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Position of the next byte to send. */
  get sent(): number {
    return this.#sent;
  }

  /** Position after the newest byte. */
  get end(): number {
    return this.#end;
  }

  /** Whether audio that no final words cover is already gone. */
  get overwritten(): boolean {
    return this.#confirmed < this.#start;
  }

  append(mulaw: Uint8Array): void {
    const bound = this.#ring.length;
    const tail = mulaw.length > bound ? mulaw.subarray(mulaw.length - bound) : mulaw;
    this.#end += mulaw.length;
    const at = (this.#end - tail.length) % bound;
    const head = Math.min(tail.length, bound - at);
    this.#ring.set(head === tail.length ? tail : tail.subarray(0, head), at);
    if (head < tail.length) this.#ring.set(tail.subarray(head), 0);
    this.#start = Math.max(this.#start, this.#end - bound);
    if (this.#sent < this.#start) {
      this.#dropped += this.#start - this.#sent;
      this.#sent = this.#start;
    }
  }

  /**
   * Hands out what is pending before the position `until`, in pieces of at most `largest` bytes; each is a
   * view, valid during the call. `send` answers whether the piece was taken; if not, it stays pending.
   */
  drain(largest: number, until: number, send: (mulaw: Uint8Array) => boolean): void {
    const stop = Math.min(until, this.#end);
    while (this.#sent < stop) {
      const at = this.#sent % this.#ring.length;
      const size = Math.min(largest, stop - this.#sent, this.#ring.length - at);
      if (!send(this.#ring.subarray(at, at + size))) return;
      this.#sent += size;
    }
  }

  /** Final words cover everything before `position`. */
  confirm(position: number): void {
    this.#confirmed = Math.max(this.#confirmed, Math.min(position, this.#end));
    this.#start = Math.max(this.#start, Math.min(this.#confirmed, this.#sent));
  }

  /** What is pending before `position` need not be sent. */
  skip(position: number): void {
    this.#sent = Math.max(this.#sent, Math.min(position, this.#end));
  }

  /** The connection was lost: everything kept and not confirmed is to be sent again. */
  rewind(): void {
    this.#sent = this.#start;
  }
}
