import type { CallDirection } from "./call.ts";
import type { CallEnding } from "./call-lifecycle.ts";

/** The stages of a turn that providers answer for. */
export type ProviderPort = "stt" | "llm" | "tts" | "s2s";

export type EndReason =
  | "agent-goodbye"
  | "caller-hung-up"
  | "caller-silent"
  | "max-duration"
  | "media-lost"
  | "media-refused"
  | "no-media"
  | "back-pressure"
  | "provider-failed"
  /** The API asked for it. */
  | "ended-by-request"
  /** The carrier's verdicts on a call that was not answered. */
  | "busy"
  | "no-answer"
  | "carrier-failed"
  | "canceled"
  /** The carrier did not take the call. */
  | "not-placed"
  /** The process that had the call died. */
  | "gateway-lost"
  | "shutdown";

/** Something that happened in a call. Transcript, timings, metrics and feeds are folds over these. */
export type CallEvent = CallFact & {
  readonly sessionId: number;
  /** Monotonic ms of the gateway's clock; compare only with others of the same process. */
  readonly at: number;
};

export type CallFact =
  /** The call is one of ours: it has come in, or is about to be placed. */
  | {
      readonly type: "call-started";
      readonly direction: CallDirection;
      readonly from: string;
      readonly to: string;
    }
  | { readonly type: "call-placed"; readonly sipCallId: string }
  | { readonly type: "call-ringing" }
  | { readonly type: "call-answered" }
  | { readonly type: "media-started"; readonly streamId: string }
  /** The media stream broke off; the call waits for another one. */
  | { readonly type: "media-lost" }
  /** A call that another process has had goes on in this one. */
  | { readonly type: "call-resumed" }
  /** The call goes on in another process: nothing more is told of it here. */
  | { readonly type: "call-moved" }
  | { readonly type: "caller-speech-started" }
  | { readonly type: "caller-speech-ended" }
  /** `utterance` counts the caller's utterances from 1; interim texts of one utterance replace each other. */
  | {
      readonly type: "caller-said";
      readonly utterance: number;
      readonly text: string;
      readonly final: boolean;
      readonly confidence: number;
      readonly by: "voice" | "keypad" | "typing";
      /** When the utterance began, on the same clock as `at`. */
      readonly startedAt: number;
    }
  | { readonly type: "dtmf"; readonly digit: string }
  /** The caller's turn is over and the agent's turn `turn` begins. Turn 0 is the greeting. */
  | {
      readonly type: "turn-committed";
      readonly turn: number;
      readonly callerText: string;
      readonly speechEndedAt: number;
    }
  | {
      readonly type: "stage-reached";
      readonly turn: number;
      readonly stage: TurnStage;
      readonly provider?: string;
      /** Of `first-audio-heard`: ms of the turn that had been heard by then. */
      readonly heardFor?: number;
    }
  /** What the caller has heard of a turn so far; the last one has `final`. */
  | {
      readonly type: "agent-heard";
      readonly turn: number;
      readonly text: string;
      readonly final: boolean;
      readonly interrupted: boolean;
      readonly startedAt: number;
    }
  | { readonly type: "barge-in"; readonly turn: number; readonly speechStartedAt: number }
  /** What became of a barge-in: words or sustained speech, or a cough or a "mm-hm" after which the agent went on. */
  | { readonly type: "barge-in-decided"; readonly turn: number; readonly outcome: "interrupted" | "resumed" }
  | { readonly type: "turn-abandoned"; readonly turn: number }
  /** Model and voice ran ahead of the end of the caller's turn; not accepted: nothing of it was heard. */
  | {
      readonly type: "speculated";
      readonly turn: number;
      readonly accepted: boolean;
      /** Pieces that the model gave. */
      readonly tokens: number;
      /** Given to the voice. */
      readonly characters: number;
    }
  /** The model was asked once; also when nobody waited for its answer to the end. */
  | {
      readonly type: "model-used";
      readonly provider: string;
      /** Tokens that it read and wrote. */
      readonly input: number;
      readonly output: number;
      /** Whether they are guessed from the length of the texts. */
      readonly estimated: boolean;
    }
  /** The voice was given so many characters; phrases kept from earlier calls do not count. */
  | { readonly type: "voice-used"; readonly provider: string; readonly characters: number }
  | { readonly type: "dead-air"; readonly cause: DeadAirCause }
  | {
      readonly type: "tool-called";
      readonly turn: number;
      readonly tool: string;
      readonly ok: boolean;
      /** Names of what the caller has told and the tool was given; never the values. */
      readonly collected?: readonly string[];
    }
  | {
      readonly type: "provider-failed";
      readonly port: ProviderPort;
      readonly provider: string;
      readonly code: string;
      readonly detail: string;
    }
  | { readonly type: "call-ended"; readonly reason: EndReason; readonly status: CallEnding };

/** Who owed the next sound when nobody spoke. */
export type DeadAirCause =
  | "caller-silent"
  | "not-understood"
  | "reply-late"
  | "reply-failed"
  | "playback-stalled";

/** In the order in which a turn reaches them. */
export type TurnStage =
  | "stt-final"
  | "llm-first-token"
  | "first-clause"
  | "tts-first-byte"
  | "first-audio-sent"
  | "first-audio-heard";
