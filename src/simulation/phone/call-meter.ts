import type { Exchange, Gap } from "./call-report.ts";
import type { Silence } from "./heard-timeline.ts";

/** Shorter silences at the ear are not noticed. */
const GAP = 40;
/** A longer silence is the end of a reply, not a hole in it: a caller takes the turn by then. */
const REPLY_END = 1500;

interface OpenExchange {
  step: number;
  text: string | undefined;
  voiceStart: number;
  voiceEnd: number | undefined;
  interrupted: boolean;
  clearedAt: number | undefined;
  /** Agent audio that arrived since the voice began and was not cleared. */
  audioAt: number | undefined;
  replyAt: number | undefined;
}

/** Measures one call from the order and the times of what passes the phone. Pure. */
export class CallMeter {
  readonly #exchanges: OpenExchange[] = [];
  #firstAudio: number | undefined;

  /** The frame with the first loud sample of a `say` step left; `sounding`: the agent was being heard. */
  voiceStarted(step: number, text: string | undefined, at: number, sounding: boolean): void {
    this.#exchanges.push({
      step,
      text,
      voiceStart: at,
      voiceEnd: undefined,
      interrupted: sounding,
      clearedAt: undefined,
      audioAt: undefined,
      replyAt: undefined,
    });
  }

  /** The frame with the last of the voice left, or the line was lost before it. */
  voiceEnded(at: number): void {
    const exchange = this.#exchanges.at(-1);
    if (exchange !== undefined) exchange.voiceEnd ??= at;
  }

  /** Agent audio arrived. Answers the latency when it is the first of the greeting or of a reply. */
  agentAudio(at: number): number | undefined {
    const greeting = this.#firstAudio === undefined;
    this.#firstAudio ??= at;
    const exchange = this.#exchanges.at(-1);
    if (exchange === undefined) return greeting ? at : undefined;
    const { voiceEnd, audioAt, replyAt, interrupted, clearedAt } = exchange;
    if (voiceEnd === undefined || (interrupted && clearedAt === undefined)) {
      exchange.audioAt ??= at;
      return undefined;
    }
    if (audioAt !== undefined || replyAt !== undefined) return undefined;
    exchange.replyAt = at;
    return at - voiceEnd;
  }

  agentCleared(at: number): void {
    const exchange = this.#exchanges.at(-1);
    if (exchange === undefined) return;
    exchange.clearedAt ??= at;
    exchange.audioAt = undefined;
  }

  get greetingLatency(): number | undefined {
    const first = this.#exchanges[0]?.voiceStart ?? Number.POSITIVE_INFINITY;
    return this.#firstAudio !== undefined && this.#firstAudio < first ? this.#firstAudio : undefined;
  }

  get exchanges(): readonly Exchange[] {
    return this.#exchanges.map((exchange) => {
      const { step, text, voiceStart, voiceEnd, interrupted, clearedAt, audioAt, replyAt } = exchange;
      return {
        step,
        text,
        voiceStart,
        voiceEnd,
        interrupted,
        clearLatency: interrupted && clearedAt !== undefined ? clearedAt - voiceStart : undefined,
        replyLatency: replyAt === undefined || voiceEnd === undefined ? undefined : replyAt - voiceEnd,
        early: !interrupted && audioAt !== undefined,
      };
    });
  }

  /** Which of the silences at the ear were holes in a reply. */
  gaps(silences: readonly Silence[]): readonly Gap[] {
    return silences
      .filter((silence) => this.#isGap(silence))
      .map(({ start, duration }) => ({
        start,
        duration,
        exchange: this.#exchanges.findLastIndex(({ voiceStart }) => voiceStart <= start),
      }));
  }

  #isGap({ start, duration, afterClear }: Silence): boolean {
    if (afterClear || duration <= GAP || duration >= REPLY_END) return false;
    const end = start + duration;
    return !this.#exchanges.some(
      ({ voiceStart, replyAt }) =>
        (voiceStart >= start && voiceStart <= end) ||
        (replyAt !== undefined && replyAt > start && replyAt <= end),
    );
  }
}
