import type { CallEvent, ProviderPort, TurnStage } from "../calls/call-event.ts";
import { endsTurn } from "../calls/ends-turn.ts";

/** How long a provider took to give its first output in one turn, in ms. */
export interface FirstByteTime {
  readonly port: ProviderPort;
  readonly provider: string;
  readonly duration: number;
}

interface OpenTurn {
  speechEndedAt?: number;
  committedAt?: number;
  firstClauseAt?: number;
  sttFinal?: { readonly at: number; readonly provider: string };
}

/** Turns open at one time; speculation may leave some that never end, and then the oldest is forgotten. */
const OPEN_TURNS = 16;

/**
 * Times to first byte of one call as a fold over its events: of the recogniser from the end of speech, of the
 * language model from the words that it was given (the commit of the turn, or a guess at it), of the voice from
 * the first clause that it was given.
 */
export class FirstByteTimes {
  readonly #open = new Map<number, OpenTurn>();

  apply(event: CallEvent): FirstByteTime | undefined {
    if (event.type === "turn-committed") {
      const turn = this.#of(event.turn);
      turn.speechEndedAt = event.speechEndedAt;
      turn.committedAt = event.at;
      return turn.sttFinal && time("stt", turn.sttFinal.provider, event.speechEndedAt, turn.sttFinal.at);
    }
    if (event.type === "stage-reached") return this.#reach(event.turn, event.stage, event.at, event.provider);
    if (endsTurn(event)) {
      this.#open.delete(event.turn);
    }
    return undefined;
  }

  #reach(number: number, stage: TurnStage, at: number, provider = "unknown"): FirstByteTime | undefined {
    const turn = this.#of(number);
    if (stage === "first-clause") turn.firstClauseAt ??= at;
    if (stage === "stt-final" && turn.committedAt === undefined) turn.sttFinal = { at, provider };
    if (stage === "stt-final") return time("stt", provider, turn.speechEndedAt, at);
    if (stage === "llm-first-token") return time("llm", provider, turn.committedAt ?? turn.sttFinal?.at, at);
    if (stage === "tts-first-byte") return time("tts", provider, turn.firstClauseAt, at);
    return undefined;
  }

  #of(number: number): OpenTurn {
    const open = this.#open.get(number) ?? {};
    this.#open.set(number, open);
    const oldest = this.#open.keys().next().value;
    if (this.#open.size > OPEN_TURNS && oldest !== undefined) this.#open.delete(oldest);
    return open;
  }
}

function time(
  port: ProviderPort,
  provider: string,
  from: number | undefined,
  to: number,
): FirstByteTime | undefined {
  return from === undefined ? undefined : { port, provider, duration: Math.max(0, to - from) };
}
