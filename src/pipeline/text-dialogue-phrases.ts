import type { AgentProfile } from "../calls/agent-profile.ts";
import type { EndReason } from "../calls/call-event.ts";
import type { TextDialogueState } from "./text-dialogue-state.ts";

/** Words of the profile's own, in place of the model's. */
export interface FixedWords {
  readonly text: string;
  /** Set when the call ends once they have been said. */
  readonly ending?: EndReason;
}

/** What decides on the next phrase; see {@link TextDialogueState}. */
export type PhrasesSaid = Pick<TextDialogueState, "silences" | "failures" | "warned">;

/**
 * Which of its phrases the agent says when the caller is silent, the model gives nothing, or the time is up, in a
 * dialogue of text. By the same bounds as on a media stream; reads no clock.
 */
export class TextDialoguePhrases {
  readonly #profile: AgentProfile;
  readonly #openedAt: number;
  #silences: number;
  #failures: number;
  #warned: boolean;

  /**
   * @param openedAt monotonic ms, on the clock of every other time here.
   * @param before how it stood where the dialogue was until now.
   */
  constructor(profile: AgentProfile, openedAt: number, before?: PhrasesSaid) {
    this.#profile = profile;
    this.#openedAt = openedAt;
    this.#silences = before?.silences ?? 0;
    this.#failures = before?.failures ?? 0;
    this.#warned = before?.warned ?? false;
  }

  get said(): PhrasesSaid {
    return { silences: this.#silences, failures: this.#failures, warned: this.#warned };
  }

  /** The next reprompt, the last one repeated; the goodbye once there were as many as the profile allows. */
  callerSilent(): FixedWords {
    const { phrases, turnTaking } = this.#profile;
    if (this.#silences >= turnTaking.reprompts)
      return { text: phrases.silentGoodbye, ending: "caller-silent" };
    const last = phrases.reprompts.length - 1;
    const text = phrases.reprompts[Math.min(this.#silences, last)] ?? phrases.apology;
    this.#silences += 1;
    return { text };
  }

  callerSpoke(): void {
    this.#silences = 0;
  }

  /** An apology; a goodbye once several replies in a row came to nothing. */
  modelFailed(): FixedWords {
    const { phrases } = this.#profile;
    this.#failures += 1;
    if (this.#failures < MOST_FAILURES) return { text: phrases.apology };
    return { text: phrases.failedGoodbye, ending: "provider-failed" };
  }

  modelAnswered(): void {
    this.#failures = 0;
  }

  /** The goodbye, once the call has lasted as long as it may. */
  timeUp(at: number): FixedWords | undefined {
    const { phrases, turnTaking } = this.#profile;
    if (at - this.#openedAt < turnTaking.maxCallDuration) return undefined;
    return { text: phrases.durationGoodbye, ending: "max-duration" };
  }

  /** The warning that the time is nearly up, once. */
  warning(at: number): FixedWords | undefined {
    const { phrases, turnTaking } = this.#profile;
    if (this.#warned || turnTaking.maxCallDuration <= WARNING) return undefined;
    if (at - this.#openedAt < turnTaking.maxCallDuration - WARNING) return undefined;
    this.#warned = true;
    return { text: phrases.durationWarning };
  }
}

/** Replies that may fail one after the other before the call is given up. */
const MOST_FAILURES = 3;
/** Before the maximum duration, in ms. */
const WARNING = 60_000;
