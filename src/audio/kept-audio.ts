import { BYTES_PER_MS } from "./audio-format.ts";

/** Room at first; most utterances are covered by final words before they need more. */
const FIRST_ROOM = 4_000 * BYTES_PER_MS;

/** What is kept from before the first loud audio: a soft beginning. */
const LEAD = 1_000 * BYTES_PER_MS;

/**
 * The caller's audio that a recogniser may still need: what was not sent yet, and what was sent but is not
 * covered by final words, so that it can be sent again to another connection. Positions are bytes since the
 * stream began. Room is doubled when it is needed; at the bound the oldest audio is overwritten, and what of it
 * no connection can be given any more is counted.
 */
export class KeptAudio {
  readonly #bound: number;
  #ring: Uint8Array;
  #start = 0;
  #sent = 0;
  #end = 0;
  #confirmed = 0;
  #dropped = 0;
  /** Of the bytes between `#confirmed` and `#start`, those already counted as dropped. */
  #counted = 0;
  /** Where the first and the last loud audio that no final words cover begins and ends; equal: there is none. */
  #loudFrom = 0;
  #loudUntil = 0;

  /** @param bound bytes kept at most, above 0. */
  constructor(bound: number) {
    this.#bound = bound;
    this.#ring = new Uint8Array(Math.min(FIRST_ROOM, bound));
  }

  /** Bytes that no connection heard, or that only a lost one heard, and that are overwritten or forfeited. */
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

  /** Position before which final words cover everything. */
  get confirmed(): number {
    return this.#confirmed;
  }

  /** Whether audio that no final words cover is already gone. */
  get overwritten(): boolean {
    return this.#confirmed < this.#start;
  }

  /** Position after the newest loud audio. */
  get loudUntil(): number {
    return this.#loudUntil;
  }

  /** @param loud whether somebody may be speaking in it. */
  append(mulaw: Uint8Array, loud = true): void {
    this.#makeRoom(this.#end - this.#start + mulaw.length);
    const room = this.#ring.length;
    const tail = mulaw.length > room ? mulaw.subarray(mulaw.length - room) : mulaw;
    if (loud && this.#loudFrom >= this.#loudUntil) this.#loudFrom = this.#end;
    this.#end += mulaw.length;
    if (loud) this.#loudUntil = this.#end;
    this.#write(tail, this.#end - tail.length);
    this.#start = Math.max(this.#start, this.#end - room);
    if (this.#sent < this.#start) {
      this.#count(this.#start - this.#sent);
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
      const from = this.#sent;
      const at = from % this.#ring.length;
      const size = Math.min(largest, stop - from, this.#ring.length - at);
      // Beforehand: what `send` brings about may confirm the piece.
      this.#sent = from + size;
      if (send(this.#ring.subarray(at, at + size))) continue;
      if (this.#sent === from + size) this.#sent = Math.max(from, this.#start);
      return;
    }
  }

  /** What is pending before `position` (all of it, by default) need not be sent, unless a connection is lost. */
  skip(position = this.#end): void {
    this.#sent = Math.max(this.#sent, Math.min(position, this.#end));
  }

  /** Final words cover everything before `position`, as far as it was sent. */
  confirm(position: number): void {
    this.#forgetBefore(Math.min(position, this.#sent));
  }

  /**
   * Nothing was heard in what is not confirmed: it needs no second hearing up to 1 s before the first loud audio.
   * `unsent`: nor a first one.
   */
  skipQuiet(unsent = false): void {
    const position = (this.#loudFrom < this.#loudUntil ? this.#loudFrom : this.#end) - LEAD;
    if (unsent) this.#sent = Math.max(this.#sent, position);
    this.confirm(position);
  }

  /** Nobody gives words of the bytes from `from` to `until`, and nobody is asked for them again. */
  forfeit(from: number, until: number): void {
    const end = Math.min(until, this.#sent);
    this.#dropped += Math.max(0, end - Math.max(from, this.#start));
    this.confirm(end);
  }

  /** The connection was lost: everything kept and not confirmed is to be sent again. */
  rewind(): void {
    this.#sent = this.#start;
    this.countOverwritten();
  }

  /** What no final words cover and is not kept any more was heard by nobody, or only by a lost connection. */
  countOverwritten(): void {
    this.#count(this.#gap - this.#counted);
  }

  /** Bytes that no final words cover and that are not kept any more. */
  get #gap(): number {
    return Math.max(0, this.#start - this.#confirmed);
  }

  #forgetBefore(position: number): void {
    this.#confirmed = Math.max(this.#confirmed, position);
    this.#start = Math.max(this.#start, this.#confirmed);
    this.#counted = Math.min(this.#counted, this.#gap);
    this.#loudFrom = Math.max(this.#loudFrom, this.#confirmed);
  }

  #count(bytes: number): void {
    this.#dropped += bytes;
    this.#counted += bytes;
  }

  #makeRoom(wanted: number): void {
    const room = this.#ring.length;
    if (wanted <= room || room === this.#bound) return;
    const former = this.#ring;
    this.#ring = new Uint8Array(Math.min(this.#bound, Math.max(wanted, room * 2)));
    for (let position = this.#start; position < this.#end; ) {
      const at = position % room;
      const piece = former.subarray(at, Math.min(room, at + this.#end - position));
      this.#write(piece, position);
      position += piece.length;
    }
  }

  #write(mulaw: Uint8Array, position: number): void {
    const at = position % this.#ring.length;
    const head = Math.min(mulaw.length, this.#ring.length - at);
    this.#ring.set(head === mulaw.length ? mulaw : mulaw.subarray(0, head), at);
    if (head < mulaw.length) this.#ring.set(mulaw.subarray(head), 0);
  }
}
