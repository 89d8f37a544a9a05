import { BYTES_PER_MS, SILENCE } from "../audio/audio-format.ts";
import { decodeMulaw } from "../audio/mulaw.ts";
import type { RecordingTarget } from "../calls/recordings.ts";

/**
 * One call as it was heard: the caller left, the agent right, on one time line from the stream's start. Agent's
 * audio is placed where the far side played it and can still be taken back; what is older than any interruption
 * can reach goes to the target, a second at a time. Pure: every call carries its time, in ms of one clock, never
 * earlier than the call before. Positions are samples since the start.
 */
export class RecordingTimeline {
  readonly #target: RecordingTarget;
  readonly #startedAt: number;
  /** The caller's μ-law from `#written` on. */
  readonly #caller = new Uint8Array(WINDOW).fill(SILENCE);
  /** The agent's, in order; they do not overlap. */
  readonly #agent: Piece[] = [];
  readonly #block = new Uint8Array(BLOCK);
  readonly #samples = new Int16Array(BLOCK);
  #agentEnd = 0;
  #callerEnd: number | undefined;
  #concealedUntil = 0;
  #waitsForAgent: boolean;
  #written = 0;
  #ended = false;

  /** @param fromAgent nothing of the caller is kept before the agent's first sound: the announcement. */
  constructor(target: RecordingTarget, startedAt: number, fromAgent: boolean) {
    this.#target = target;
    this.#startedAt = startedAt;
    this.#waitsForAgent = fromAgent;
  }

  /**
   * Audio of the caller, copied.
   * @param timestamp where it begins, in ms of the stream; NaN: behind the last.
   */
  caller(mulaw: Uint8Array, timestamp: number, at: number): void {
    const stamped = Number.isNaN(timestamp) ? undefined : Math.round(timestamp * BYTES_PER_MS);
    const next = this.#callerEnd;
    // Stamps are whole ms: frames that follow each other are joined without a crack.
    const joined = next !== undefined && (stamped === undefined || Math.abs(stamped - next) <= JOINT);
    const start = joined ? next : (stamped ?? this.#position(at));
    this.#callerEnd = start + mulaw.length;
    this.#flush(at);
    if (this.#waitsForAgent || at < this.#concealedUntil) return;
    const offset = start - this.#written;
    if (offset + mulaw.length > WINDOW || offset < 0) return; // a stamp of nobody's, or a second late
    this.#caller.set(mulaw, offset);
  }

  /**
   * Audio of the agent is sent; it stays the sender's and must not change.
   * @param lead audio sent before that the far side has still to play, by what its marks tell, in ms.
   */
  agent(mulaw: Uint8Array, at: number, lead: number): void {
    this.#waitsForAgent = false;
    const now = this.#position(at);
    const unplayed = Math.round(lead * BYTES_PER_MS);
    if (this.#isStalled(unplayed, now)) this.#delay(unplayed, now);
    const start = Math.max(this.#agentEnd, now);
    this.#agent.push({ start, mulaw });
    this.#agentEnd = start + mulaw.length;
    this.#flush(at);
  }

  /** Playback stops now. `lead` as for {@link agent}. */
  clear(at: number, lead: number): void {
    const now = this.#position(at);
    const unplayed = Math.round(lead * BYTES_PER_MS);
    if (this.#isStalled(unplayed, now)) this.#takeBack(unplayed);
    this.#cut(now);
    this.#flush(at);
  }

  /** From now on, for so many ms, the caller's audio is silence; takes the place of what was said before. */
  conceal(ms: number, at: number): void {
    this.#concealedUntil = at + ms;
  }

  /** The stream is over; what the agent has not yet been heard to say was not said. */
  end(at: number): void {
    if (this.#ended) return;
    this.#ended = true;
    const end = this.#position(at);
    this.#cut(end);
    while (this.#written < end) this.#write(Math.min(BLOCK, end - this.#written));
    this.#target.end();
  }

  #position(at: number): number {
    return Math.max(0, Math.round((at - this.#startedAt) * BYTES_PER_MS));
  }

  /** Whether the far side has more to play than it should have by now. */
  #isStalled(unplayed: number, now: number): boolean {
    return unplayed - Math.max(0, this.#agentEnd - now) > LATENESS;
  }

  /** The far side stalls: it has still to play so much, and plays it from now on. */
  #delay(unplayed: number, now: number): void {
    const late = this.#takeBack(unplayed);
    this.#cut(now);
    let start = now;
    for (const mulaw of late) {
      this.#agent.push({ start, mulaw });
      start += mulaw.length;
    }
    this.#agentEnd = start;
  }

  /** Takes so many bytes from the end; answers them in order. */
  #takeBack(bytes: number): Uint8Array[] {
    const taken: Uint8Array[] = [];
    let left = bytes;
    for (let last = this.#agent.at(-1); last !== undefined && left > 0; last = this.#agent.at(-1)) {
      this.#agent.pop();
      const kept = Math.max(0, last.mulaw.length - left);
      left -= last.mulaw.length - kept;
      taken.unshift(last.mulaw.subarray(kept));
      if (kept > 0) this.#agent.push({ start: last.start, mulaw: last.mulaw.subarray(0, kept) });
    }
    return taken;
  }

  /** Nothing of the agent is played from there on. */
  #cut(position: number): void {
    for (let last = this.#agent.at(-1); last !== undefined; last = this.#agent.at(-1)) {
      if (last.start + last.mulaw.length <= position) break;
      this.#agent.pop();
      if (last.start >= position) continue;
      this.#agent.push({ start: last.start, mulaw: last.mulaw.subarray(0, position - last.start) });
      break;
    }
    this.#agentEnd = Math.min(this.#agentEnd, position);
  }

  #flush(at: number): void {
    if (this.#ended) return;
    const safe = this.#position(at) - HOLD;
    while (this.#written + BLOCK <= safe) this.#write(BLOCK);
  }

  #write(length: number): void {
    const pcm = new Int16Array(length * 2);
    const caller = decodeMulaw(this.#caller.subarray(0, length), this.#samples);
    for (let i = 0; i < length; i++) pcm[2 * i] = caller[i] as number;
    const agent = decodeMulaw(this.#agentPart(length), this.#samples);
    for (let i = 0; i < length; i++) pcm[2 * i + 1] = agent[i] as number;
    this.#caller.copyWithin(0, length).fill(SILENCE, WINDOW - length);
    this.#written += length;
    this.#target.write(new Uint8Array(pcm.buffer));
  }

  #agentPart(length: number): Uint8Array {
    const part = this.#block.subarray(0, length).fill(SILENCE);
    const from = this.#written;
    let played = 0;
    for (const { start, mulaw } of this.#agent) {
      if (start >= from + length) break;
      const skipped = Math.max(0, from - start);
      part.set(mulaw.subarray(skipped, from + length - start), Math.max(0, start - from));
      if (start + mulaw.length <= from + length) played += 1;
    }
    this.#agent.splice(0, played);
    return part;
  }
}

interface Piece {
  readonly start: number;
  readonly mulaw: Uint8Array;
}

/** One block of a recording, in samples: a second. */
const BLOCK = 1_000 * BYTES_PER_MS;
/** So long a sound can still be taken back or moved, in samples: longer than any mark is waited for. */
const HOLD = 1_000 * BYTES_PER_MS;
/** The caller's audio that is kept, in samples: what is held, a block, and frames that came too fast. */
const WINDOW = HOLD + 2 * BLOCK;
/** Frames so near to each other follow each other, in samples. */
const JOINT = 10 * BYTES_PER_MS;
/** Marks may come so much later than planned, in samples, before the far side is taken to stall. */
const LATENESS = 200 * BYTES_PER_MS;
