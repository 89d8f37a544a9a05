import type { Stretch } from "./heard-timeline.ts";
import type { OwedSilence } from "./owed-silence.ts";
import type { PlayedPiece } from "./playback-buffer.ts";

/** What a simulated phone saw of one call, measured from outside. All times in ms from its first stream's start. */
export interface CallReport {
  readonly callSid: string;
  /** `<Parameter name="session_id">` of the TwiML, if it had one. */
  readonly sessionId: string | undefined;
  readonly ended: CallEnding;
  /** From the first stream's start to the end of the call; 0 when no stream came about. */
  readonly duration: number;
  /** Media streams opened, one after another. */
  readonly streams: number;
  /** Start of the first stream → the first agent audio arrived. */
  readonly greetingLatency: number | undefined;
  readonly exchanges: readonly Exchange[];
  readonly gaps: readonly Gap[];
  /** When the caller waited for the agent in silence. */
  readonly silences: readonly OwedSilence[];
  /** When the agent was heard; pauses of less than 600 ms are part of an utterance. */
  readonly utterances: readonly Stretch[];
  /** How much agent audio was played. */
  readonly heard: number;
  readonly frames: { readonly sent: number; readonly dropped: number };
  /** What Twilio would have warned of, first of each kind (error numbers 319xx). */
  readonly warnings: readonly Warning[];
  /** Set when the call was recorded. */
  readonly recording: Recording | undefined;
}

/**
 * Why the call was over: the caller's script hung up; the TwiML ended it (`<Hangup>`, or nothing left to do);
 * `<Reject>`; handed to somebody else by `<Dial>`; the time limit; stopped from outside; failed: Twilio could not go on,
 * because nobody gave it another document.
 */
export interface CallEnding {
  readonly by: "caller" | "agent" | "rejected" | "dialled" | "limit" | "stopped" | "failed";
  readonly detail: string;
}

/** One turn of the caller and what came of it. */
export interface Exchange {
  /** Position of the `say` step in the script. */
  readonly step: number;
  readonly text: string | undefined;
  /** The frame with the first, and with the last loud sample left the phone. */
  readonly voiceStart: number;
  readonly voiceEnd: number | undefined;
  /** The agent was being heard when the caller began. */
  readonly interrupted: boolean;
  /** Begin of the voice → `clear` arrived. */
  readonly clearLatency: number | undefined;
  /** End of the voice → first audio of the reply arrived. Undefined when none came, or when it came early. */
  readonly replyLatency: number | undefined;
  /** Agent audio arrived while the caller was still speaking, and was not taken back. */
  readonly early: boolean;
}

/** A silence of more than 40 ms inside a reply, as the caller heard it. */
export interface Gap {
  readonly start: number;
  readonly duration: number;
  /** Index in `exchanges`; -1: in the greeting. */
  readonly exchange: number;
}

export interface Warning {
  readonly code: 31924 | 31930 | 31931 | 31950 | 31951;
  readonly detail: string;
}

/** Both sides on one timeline: where nothing lies, there was silence. */
export interface Recording {
  readonly caller: readonly PlayedPiece[];
  readonly agent: readonly PlayedPiece[];
}
