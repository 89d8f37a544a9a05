import { durationOf } from "../../../audio/audio-format.ts";
import type { SpeechEvent, Utterance } from "../../../pipeline/text-to-speech.ts";
import type { Cancel, Clock } from "../../../runtime/clock.ts";
import { GatewayError } from "../../../runtime/errors.ts";
import type { FailoverOptions } from "../failover-options.ts";
import { fadeOut } from "./fade-out.ts";
import type { FailoverVoice, VoiceLine } from "./failover-voice.ts";
import { PlayoutEstimate } from "./playout-estimate.ts";
import { type Passage, SpokenPiece } from "./spoken-piece.ts";
import { type ScriptStep, UtteranceScript } from "./utterance-script.ts";
import type { VoiceOrder } from "./voice-order.ts";

export interface FailoverUtteranceParts extends Pick<FailoverOptions, "onFailure"> {
  readonly clock: Clock;
  /** For what is due to be spoken to make a sound, in ms. */
  readonly firstByte: number;
  /** In failover order; at least one. */
  readonly voices: readonly FailoverVoice[];
  readonly order: VoiceOrder;
  readonly tell: (voice: string, outcome: "succeeded" | "failed") => void;
  readonly listener: (event: SpeechEvent) => void;
  /** It is over, whatever the reason; comes once, before the listener hears of it. */
  readonly over: () => void;
}

/** One voice's part in the utterance. */
interface Attempt {
  readonly voice: number;
  readonly from: number;
  readonly piece: SpokenPiece;
  /** What it is to be given, and how much of that it was given. */
  readonly steps: ScriptStep[];
  given: number;
  line: VoiceLine | undefined;
  /** Since when nothing was heard of it, or it owed nothing. */
  quietSince: number;
}

/**
 * One utterance, spoken to its end by as many voices as it takes. When one fails, or keeps what is due longer than
 * the deadline, the words that it has not spoken go to the same voice on another connection (where the connection
 * was lost, once) or to the next of the list. The list's last voice is waited for as long as its provider does.
 */
export class FailoverUtterance implements Utterance {
  readonly #parts: FailoverUtteranceParts;
  readonly #script = new UtteranceScript();
  readonly #playout = new PlayoutEstimate();
  /** Voices that were asked, and those that were asked again after a loss. */
  readonly #asked = new Set<number>();
  readonly #askedAgain = new Set<number>();
  /** Undefined: it is over. Events of any other are late ones. */
  #attempt: Attempt | undefined;
  /** Audio handed on, in bytes. */
  #length = 0;
  /** The last of it. */
  #last: Uint8Array = new Uint8Array(0);
  /** Whether anything in it is not as its first voice alone would have spoken it. */
  #makeshift = false;
  #cancelDeadline: Cancel = () => {};
  #cancelRelease: Cancel = () => {};

  constructor(parts: FailoverUtteranceParts) {
    this.#parts = parts;
  }

  begin(): void {
    this.#use(this.#parts.order.first(), 0);
  }

  write(text: string): void {
    this.#step({ write: text });
  }

  flush(): void {
    this.#step("flush");
  }

  end(): void {
    this.#step("end");
  }

  cancel(): void {
    const line = this.#attempt?.line;
    this.#settle();
    line?.utterance.cancel();
  }

  #use(voice: number, from: number): void {
    const { voices, clock } = this.#parts;
    const chosen = voices[voice] as FailoverVoice;
    const attempt: Attempt = {
      voice,
      from,
      piece: new SpokenPiece({
        script: this.#script,
        from,
        at: durationOf(this.#length),
        perCharacter: chosen.rate.perCharacter,
        estimates: this.#length > 0,
      }),
      steps: [...this.#script.from(from)],
      given: 0,
      line: undefined,
      quietSince: clock.now(),
    };
    this.#attempt = attempt;
    this.#asked.add(voice);
    const line = chosen.speak((event) => {
      if (this.#attempt === attempt) this.#hear(attempt, event);
    });
    // A failure that came before `speak` returned has begun another attempt already.
    if (this.#attempt !== attempt) return line?.retire();
    attempt.line = line;
    if (line === undefined) {
      this.#lost(attempt, new GatewayError("PROVIDER_UNAVAILABLE", "The connection of the voice was closed"));
    } else {
      this.#give(attempt);
      this.#watch();
    }
  }

  #step(step: ScriptStep): void {
    const attempt = this.#attempt;
    if (attempt === undefined || this.#script.ended) return;
    const asks = typeof step === "string";
    if (asks && !this.#owes(attempt)) attempt.quietSince = this.#parts.clock.now();
    this.#script.add(step);
    attempt.steps.push(step);
    this.#give(attempt);
    if (asks) this.#watch();
  }

  /** Every step may make the voice fail before it returns. */
  #give(attempt: Attempt): void {
    while (this.#attempt === attempt && attempt.given < attempt.steps.length) {
      const utterance = attempt.line?.utterance;
      if (utterance === undefined) return;
      const step = attempt.steps[attempt.given++] as ScriptStep;
      if (step === "flush") utterance.flush();
      else if (step === "end") utterance.end();
      else utterance.write(step.write);
    }
  }

  #hear(attempt: Attempt, event: SpeechEvent): void {
    if (event.type === "failed") return this.#lost(attempt, event.error);
    const { piece, voice, from } = attempt;
    if (event.type === "done") {
      if (piece.length > 0 || !this.#script.hasWords(from)) return this.#finish(attempt);
      return this.#lost(
        attempt,
        new GatewayError("PROVIDER_PROTOCOL", "The voice said nothing of its words"),
      );
    }
    if (piece.length === 0 && event.mulaw.length > 0) {
      this.#parts.tell(this.#name(voice), "succeeded");
      if (voice > 0) this.#makeshift = true;
    }
    attempt.quietSince = this.#parts.clock.now();
    piece.hear(event.mulaw, event.characters);
    this.#release(attempt);
    this.#watch();
  }

  /** Passes on what can be heard by now; the beginning of a word that is held goes before the caller runs dry. */
  #release(attempt: Attempt): void {
    const { clock } = this.#parts;
    this.#cancelRelease();
    this.#pass(attempt.piece.pass(false));
    if (this.#attempt !== attempt || !attempt.piece.holds) return;
    const wait = this.#playout.end - RESERVE - clock.now();
    if (wait <= 0) return this.#pass(attempt.piece.pass(true));
    if (wait > SLOW) return; // a voice that is quiet for so long will not finish the word
    this.#cancelRelease = clock.after(wait, () => this.#pass(attempt.piece.pass(true)));
  }

  #pass({ mulaw, characters }: Passage): void {
    if (mulaw.length === 0 && characters === undefined) return;
    this.#length += mulaw.length;
    if (mulaw.length > 0) this.#last = mulaw;
    this.#playout.add(durationOf(mulaw.length), this.#parts.clock.now());
    this.#parts.listener({ type: "audio", mulaw, ...(characters && { characters }) });
  }

  #finish(attempt: Attempt): void {
    const { voices, order } = this.#parts;
    const { voice, from, piece } = attempt;
    const characters = this.#script.text.length - from;
    voices[voice]?.rate.said(characters, durationOf(piece.length));
    if (piece.length > 0) order.kept(voice);
    const passage = piece.finish();
    if (passage.mulaw.length > 0 || (passage.characters?.text ?? "").trim() !== "") this.#pass(passage);
    if (this.#attempt === attempt) this.#done();
  }

  /** The voice says no more: the words that it has not spoken go to another, if any are left. */
  #lost(attempt: Attempt, error: GatewayError): void {
    const { onFailure, clock, tell } = this.#parts;
    const { voice, piece, line } = attempt;
    this.#cancelTimers();
    tell(this.#name(voice), "failed");
    line?.retire();
    const { passage, position } = piece.lose();
    this.#pass(passage);
    const left = !this.#script.ended || this.#script.hasWords(position);
    if (this.#attempt !== attempt) return; // cancelled by the listener
    const next = left ? this.#next(voice, error) : undefined;
    if (left && next === undefined) {
      this.#settle();
      return this.#parts.listener({ type: "failed", error });
    }
    if (piece.length > 0) this.#makeshift = true;
    onFailure(this.#name(voice), error);
    if (next === undefined) return this.#done();
    if (this.#playout.end > clock.now()) this.#pass({ mulaw: fadeOut(this.#last) });
    if (this.#attempt === attempt) this.#use(next, position);
  }

  /** Who speaks the rest; undefined: nobody. */
  #next(voice: number, error: GatewayError): number | undefined {
    const { order } = this.#parts;
    if (this.#script.text.length > MOST_KEPT) return undefined;
    const worthwhile = order.isLast(voice) || CONNECTION_LOST.has(error.code);
    if (worthwhile && !this.#askedAgain.has(voice) && order.again(voice)) {
      this.#askedAgain.add(voice);
      return voice;
    }
    order.left(voice);
    return order.after(voice, this.#asked);
  }

  /** Whether something is due that the voice has not spoken, or the word that it has spoken all. */
  #owes({ piece }: Attempt): boolean {
    const { ended, due } = this.#script;
    return ended || this.#script.hasWords(piece.reached, due);
  }

  /** While the caller has sound in hand there is no hurry. */
  #watch(): void {
    this.#cancelDeadline();
    const attempt = this.#attempt;
    const { clock, firstByte, order } = this.#parts;
    if (attempt?.line === undefined || order.isLast(attempt.voice) || !this.#owes(attempt)) return;
    const due = Math.max(attempt.quietSince + firstByte, this.#playout.end - TAKE_OVER);
    this.#cancelDeadline = clock.after(due - clock.now(), () => {
      const { line } = attempt;
      const what = attempt.piece.length === 0 ? "first sound" : "more sound";
      const error = new GatewayError("PROVIDER_TIMEOUT", `No ${what} of the voice for ${firstByte} ms`);
      this.#lost(attempt, error);
      line?.utterance.cancel();
    });
  }

  #done(): void {
    this.#settle();
    this.#parts.listener({ type: "done", ...(this.#makeshift && { makeshift: true }) });
  }

  #settle(): void {
    if (this.#attempt !== undefined) this.#parts.over();
    this.#attempt = undefined;
    this.#cancelTimers();
  }

  #cancelTimers(): void {
    this.#cancelDeadline();
    this.#cancelRelease();
  }

  #name(voice: number): string {
    return this.#parts.voices[voice]?.name ?? "";
  }
}

/**
 * UTF-16 units that are kept for another voice: about 20 minutes of speech. An utterance that was given more is not
 * gone on with: its failure goes through.
 */
const MOST_KEPT = 20_000;

/** After these the same voice is worth asking at once: the connection failed, and perhaps nothing else. */
const CONNECTION_LOST: ReadonlySet<string> = new Set(["PROVIDER_UNAVAILABLE", "PROVIDER_PROTOCOL"]);

/** Sound that the caller must have in hand while a word is held back until it is whole, in ms. */
const RESERVE = 100;

/** Between two pieces of sound of a voice that speaks no faster than it is heard, in ms. */
const SLOW = 500;

/** Sound in hand, in ms, at which a silent voice is given up: as long as the next one takes to its first sound. */
const TAKE_OVER = 500;
