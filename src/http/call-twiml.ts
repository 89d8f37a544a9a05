import type { Call } from "../calls/call.ts";
import type { CallIntake, IncomingCall } from "../calls/call-intake.ts";
import type { Dialogue, DialogueReply } from "../calls/dialogue.ts";
import {
  connectStream,
  gatherSpeech,
  hangUp,
  rejectAsBusy,
  sayAndHangUp,
  waitForReply,
} from "../telephony/twiml.ts";

/** What Twilio opens the media socket at, under the public origin. */
export const MEDIA_PATH = "/api/phone/media";

/** Where Twilio brings what it has recognised. */
export const SPEECH_PATH = "/api/phone/process-speech";

/** Said to somebody whose call cannot be rejected any more. */
const NO_LINE_FREE = "We are sorry, all our lines are busy. Please call again later.";

/** How often a call is told to look for another process, once a second but for the first time. */
const MOST_AGAIN = 10;
/** In ms. */
const ASK_AGAIN = 1_000;

export interface CallTwimlOptions {
  readonly intake: CallIntake;
  readonly dialogue: Dialogue;
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
        return this.reply(answer.call, dialogue.open(answer.call.sessionId));
      case "elsewhere":
        if (again >= MOST_AGAIN) return sayAndHangUp(NO_LINE_FREE, "en-US");
        return waitForReply({
          language: "en-US",
          pause: again === 0 ? 0 : ASK_AGAIN,
          redirectUrl: `${publicUrl()}/api/phone/incoming?${queryOf(call, again + 1)}`,
        });
      case "busy":
        // Only a call that comes in and was not answered yet can be rejected.
        return call.afterMedia || call.direction === "outbound"
          ? sayAndHangUp(NO_LINE_FREE, "en-US")
          : rejectAsBusy();
      case "hang-up":
        return hangUp();
    }
  }

  /** The agent's words, and then the caller's turn or the end. */
  reply({ profile }: Call, { text, hints, over }: DialogueReply): string {
    const { language, turnTaking } = profile;
    if (over) return sayAndHangUp(text, language);
    const actionUrl = this.#options.publicUrl() + SPEECH_PATH;
    return gatherSpeech({ say: text, language, hints, actionUrl, bargeIn: turnTaking.bargeIn });
  }

  /** Keeps the caller waiting. @param waits how often that makes it for this reply. */
  wait({ profile }: Call, waits: number): string {
    return waitForReply({
      ...(waits === 1 && { say: profile.phrases.filler }),
      language: profile.language,
      pause: 0, // the request itself takes its time
      redirectUrl: `${this.#options.publicUrl()}${SPEECH_PATH}?wait=${waits}`,
    });
  }
}

function queryOf({ afterMedia, sessionId }: IncomingCall, again: number): string {
  return new URLSearchParams({
    ...(afterMedia && { after: "media" }),
    ...(sessionId !== undefined && { session_id: String(sessionId) }),
    again: String(again),
  }).toString();
}
