import type { VoiceChange } from "../audio/voice-activity.ts";
import type { AgentProfile } from "../calls/agent-profile.ts";
import type { CallDirection } from "../calls/call.ts";
import type { EndReason } from "../calls/call-event.ts";
import type { ReplyPart } from "../pipeline/language-model.ts";
import type { SpeechToText, TranscriptEvent } from "../pipeline/speech-to-text.ts";
import type { CharacterTimes } from "../pipeline/text-to-speech.ts";
import type { ToolOutcome } from "../pipeline/tools.ts";
import type { ErrorCode } from "../runtime/errors.ts";
import type { Decision } from "./decision.ts";

/** Raised when a reader of the format before could not read what is written now. */
export const JOURNAL_VERSION = 1;

/** One line of a journal. `t` is in ms since the call began to ring; `after` and `dt` are explained where they are. */
export type JournalLine = JournalHeader | JournalEntry | JournalTrailer;

/** The first line: what does not change during a call. */
export interface JournalHeader {
  readonly k: "header";
  readonly version: number;
  /** The gateway's version. */
  readonly gateway: string;
  /** `manual`: times are exact. `system`: timers were late by what the machine made of them. */
  readonly clock: "manual" | "system";
  /** When the call began to ring, in Unix ms. */
  readonly origin: number;
  readonly direction: CallDirection;
  readonly from: string;
  readonly to: string;
  readonly profile: AgentProfile;
  readonly recogniser: Pick<SpeechToText, "name" | "endpoints" | "punctuates">;
  readonly model: { readonly name: string; readonly openingHints?: readonly string[] };
  readonly voice: { readonly name: string };
  readonly tools: readonly JournalTool[];
  /** Of a masked journal, whose sound is gone: what local voice activity found in it. */
  readonly speech?: readonly SpeechChange[];
}

/** The caller's n-th frame of 20 ms (from 1) made a change known, which happened at `since`. */
export interface SpeechChange {
  readonly n: number;
  readonly change: VoiceChange;
  readonly since: number;
}

/** A tool that the agent had. */
export interface JournalTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema. */
  readonly parameters: object;
  readonly limit?: number;
}

/** What came in from the carrier, from a person who types, or from whoever ended the call. */
export type InboundEntry =
  /** The media stream was accepted. */
  | { readonly k: "open"; readonly t: number }
  /** One frame: `ts` is its timestamp (absent: it had none), `b` its μ-law in base64. */
  | { readonly k: "audio"; readonly t: number; readonly ts?: number; readonly b: string }
  | { readonly k: "mark"; readonly t: number; readonly name: string }
  | { readonly k: "dtmf"; readonly t: number; readonly digit: string }
  | { readonly k: "stop"; readonly t: number }
  | { readonly k: "typed"; readonly t: number; readonly text: string }
  | { readonly k: "end"; readonly t: number; readonly reason: EndReason };

/** What the recogniser told. `in`: it did so within the n-th `push` or `finalize` (from 1), and not later. */
export interface HeardEntry {
  readonly k: "stt";
  readonly t: number;
  readonly e: Exclude<TranscriptEvent, { type: "failed" }> | FailedEvent;
  readonly in?: { readonly call: "push" | "finalize"; readonly n: number };
}

/** The n-th request to the model, and what came of it, `dt` ms after it. */
export type ModelEntry =
  /** `said` is the text of the newest message. */
  | { readonly k: "ask"; readonly t: number; readonly n: number; readonly said: string }
  | { readonly k: "part"; readonly n: number; readonly dt: number; readonly part: ReplyPart }
  | { readonly k: "reply-over"; readonly n: number; readonly dt: number; readonly error?: JournalError };

/**
 * The u-th utterance of the voice. What it gave came `dt` ms after its `after`-th input (write, flush or end, from
 * 1; 0: its beginning), `sync` within that very call.
 */
export type VoiceEntry =
  | { readonly k: "speak"; readonly t: number; readonly u: number }
  | { readonly k: "write"; readonly u: number; readonly text: string }
  | {
      readonly k: "voice";
      readonly u: number;
      readonly after: number;
      readonly dt: number;
      readonly sync?: true;
      readonly e: VoiceEvent;
    };

/** A fixed phrase was asked for: with `events` it was in the cache, else it was spoken as the next utterance. */
export interface PhraseEntry {
  readonly k: "phrase";
  readonly text: string;
  readonly events?: readonly VoiceEvent[];
}

/** A tool was run, and answered or failed `dt` ms later. */
export type ToolEntry = { readonly k: "tool"; readonly name: string; readonly dt: number } & (
  | { readonly outcome: ToolOutcome }
  | { readonly error: string }
);

export type JournalEntry = InboundEntry | HeardEntry | ModelEntry | VoiceEntry | PhraseEntry | ToolEntry;

/** The last line; a journal without it is not whole. */
export interface JournalTrailer {
  readonly k: "trailer";
  /** Lines between header and trailer. */
  readonly entries: number;
  readonly decisions: readonly Decision[];
  /** Of the decisions, SHA-256 in hex. */
  readonly digest: string;
}

/** The voice without its sound: decisions depend on how long it is, not on how it sounds. */
export type VoiceEvent =
  | { readonly type: "audio"; readonly bytes: number; readonly characters?: CharacterTimes }
  | { readonly type: "done"; readonly makeshift?: true }
  | FailedEvent;

interface FailedEvent {
  readonly type: "failed";
  readonly error: JournalError;
}

export interface JournalError {
  readonly code: ErrorCode;
  readonly message: string;
}
