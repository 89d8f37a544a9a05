import type { AgentProfile } from "../calls/agent-profile.ts";
import type { Call } from "../calls/call.ts";
import { QUEUE_PAUSE } from "../calls/call-door.ts";
import type { CallIntake, IncomingCall } from "../calls/call-intake.ts";
import type { Dialogue, DialogueReply } from "../calls/dialogue.ts";
import type { CallbackWish, PromisedCallbacks } from "../calls/promised-callbacks.ts";
import { asGatewayError } from "../runtime/errors.ts";
import {
  connectStream,
  gatherSpeech,
  hangUp,
  offerKey,
  rejectAsBusy,
  sayAndHangUp,
  waitForReply,
} from "../telephony/twiml.ts";

/** What Twilio opens the media socket at, under the public origin. */
export const MEDIA_PATH = "/api/phone/media";

/** Where Twilio brings what it has recognised. */
export const SPEECH_PATH = "/api/phone/process-speech";

/** Where Twilio brings the key of a caller who was offered to be called back. */
export const CALLBACK_PATH = "/api/phone/callback";

/** A caller who waits hears that he does at first, and then after so many pauses each. */
const PAUSES_PER_WORD = 6;

/** How often a call is told to look for another process: the first times at once, then once a second. */
const MOST_AGAIN = 10;
const AT_ONCE = 3;
/** In ms. */
export const ASK_AGAIN = 1_000;

export interface CallTwimlOptions {
  readonly intake: CallIntake;
  readonly dialogue: Dialogue;
  readonly callbacks: PromisedCallbacks;
  /** The origin that Twilio sees. */
  readonly publicUrl: () => string;
}

/** What the gateway wants of Twilio, as TwiML. */
export class CallTwiml {
  readonly #options: CallTwimlOptions;

  constructor(options: CallTwimlOptions) {
    this.#options = options;
  }

  /**
   * What becomes of a call that the carrier asks about. Throws `CONFLICT`, `NOT_FOUND` where calls race.
   *
   * @param again how often it was told to ask again.
   */
  async incoming(call: IncomingCall, again = 0): Promise<string> {
    const { intake, dialogue, publicUrl } = this.#options;
    await intake.fetch(call);
    const answer = intake.incoming(call);
    switch (answer.action) {
      case "connect":
        return connectStream({
          streamUrl: publicUrl().replace(/^http/, "ws") + MEDIA_PATH,
          parameters: { token: answer.token, session_id: String(answer.call.sessionId) },
          redirectUrl: `${publicUrl()}/api/phone/incoming?after=media`,
        });
      case "gather":
        return this.reply(answer.call, await dialogue.open(answer.call.sessionId));
      case "queue":
        return this.#queue(call);
      case "callback":
        return this.#offerCallback(call);
      case "elsewhere":
        if (again >= MOST_AGAIN) return this.#busy(call);
        return waitForReply({
          language: "en-US",
          pause: again < AT_ONCE ? 0 : ASK_AGAIN,
          redirectUrl: `${publicUrl()}/api/phone/incoming?${queryOf(call, again + 1)}`,
        });
      case "busy": {
        const wasAnswered = call.afterMedia || call.direction === "outbound" || (call.waits ?? 0) > 0;
        return wasAnswered ? this.#busy(call) : rejectAsBusy();
      }
      case "hang-up":
        return hangUp();
    }
  }

  /** A caller has pressed a key when he was offered to be called back. */
  async callback(wish: CallbackWish, digits: string, onError: (error: unknown) => void): Promise<string> {
    const call = { ...wish, direction: "inbound" } as const;
    if (digits !== "1") return this.#busy(call);
    const { phrases, language } = this.#options.intake.profileOf(call).overload;
    try {
      await this.#options.callbacks.promise(wish);
    } catch (error) {
      onError(asGatewayError(error, "INTERNAL"));
      return this.#busy(call);
    }
    return sayAndHangUp(phrases.callbackPromised, language);
  }

  /** The agent's words, and then the caller's turn or the end. */
  reply({ profile }: Call, { text, hints, over }: DialogueReply): string {
    const { language, turnTaking } = profile;
    if (over) return sayAndHangUp(text, language);
    const actionUrl = this.#options.publicUrl() + SPEECH_PATH;
    return gatherSpeech({ say: text, language, hints, actionUrl, bargeIn: turnTaking.bargeIn });
  }

  /**
   * Keeps the caller waiting.
   *
   * @param waits how often that makes it for this reply.
   * @param pause ms until the carrier asks again; none where the request itself takes its time.
   */
  wait(profile: AgentProfile, waits: number, pause = 0): string {
    return waitForReply({
      ...(waits === 1 && { say: profile.phrases.filler }),
      language: profile.language,
      pause,
      redirectUrl: `${this.#options.publicUrl()}${SPEECH_PATH}?wait=${waits}`,
    });
  }

  #queue(call: IncomingCall): string {
    const { phrases, language } = this.#options.intake.profileOf(call).overload;
    const waits = call.waits ?? 0;
    const say = waits === 0 ? phrases.queued : waits % PAUSES_PER_WORD === 0 ? phrases.stillQueued : "";
    const redirectUrl = `${this.#options.publicUrl()}/api/phone/incoming?waits=${waits + 1}`;
    return waitForReply({ say, language, pause: QUEUE_PAUSE, redirectUrl });
  }

  #offerCallback(call: IncomingCall): string {
    const { phrases, language } = this.#options.intake.profileOf(call).overload;
    const actionUrl = this.#options.publicUrl() + CALLBACK_PATH;
    return offerKey({ say: phrases.callbackOffer, language, actionUrl, otherwise: phrases.busy });
  }

  /** For a call that is answered and so cannot be rejected any more. */
  #busy(call: Pick<IncomingCall, "direction" | "from" | "to">): string {
    const { phrases, language } = this.#options.intake.profileOf(call).overload;
    return sayAndHangUp(phrases.busy, language);
  }
}

function queryOf({ afterMedia, sessionId, waits }: IncomingCall, again: number): string {
  return new URLSearchParams({
    ...(waits !== undefined && { waits: String(waits) }),
    ...(afterMedia && { after: "media" }),
    ...(sessionId !== undefined && { session_id: String(sessionId) }),
    again: String(again),
  }).toString();
}
