import { callId, otherParty } from "./call.ts";
import type { EndReason } from "./call-event.ts";
import type { CallProgress, StageReached } from "./call-progress.ts";
import type { StoredCall, StoredEntry } from "./call-store.ts";

/** The agent of a call, as its history names it. */
export interface HistoryAgent {
  /** Provider and model of each part, such as `deepgram-nova-3`. */
  readonly stt: string;
  readonly llm: string;
  readonly tts: string;
  readonly businessType: string;
  /** BCP 47. */
  readonly language: string;
}

/** The history record of one call; `docs/call-history.md` tells what each field means. Times ISO 8601 in UTC. */
export interface CallHistory {
  readonly call_id: string;
  readonly phone_number: string;
  readonly room_name: string;
  readonly call_type: "inbound" | "outbound";
  readonly start_time: string;
  readonly end_time: string;
  readonly duration_seconds: number;
  readonly status: string;
  readonly termination_reason: string | null;
  readonly agent_config: {
    readonly stt_config_key: string;
    readonly llm_config_key: string;
    readonly tts_config_key: string;
    readonly business_type: string;
    readonly language: string;
  };
  readonly metrics: {
    readonly total_user_utterances: number;
    readonly total_agent_utterances: number;
    readonly longest_user_utterance: number;
    readonly longest_agent_utterance: number;
    readonly average_user_response_time: number;
    readonly average_agent_response_time: number;
    readonly silence_count: number;
    readonly interruption_count: number;
  };
  readonly outcomes: {
    readonly completion_rate: number;
    readonly fields_collected: readonly string[];
    readonly final_stage: string | null;
    readonly successful: boolean;
    readonly notes: string | null;
  };
  readonly stage_timeline: readonly { readonly stage: string; readonly timestamp: string }[];
}

/** What a call's history is made of. */
export interface CallHistoryParts {
  /** As it ended. */
  readonly call: StoredCall;
  /** Its transcript, in the order in which the utterances began. */
  readonly entries: readonly StoredEntry[];
  /** Unset: the process that followed the call is gone; what the transcript tells is told. */
  readonly progress?: CallProgress;
  readonly agent: HistoryAgent;
}

/** The ends of an ordinary call: somebody hung up after having been served. */
const ordinary: readonly (EndReason | null)[] = ["agent-goodbye", "caller-hung-up"];

export function callHistory({ call, entries, progress, agent }: CallHistoryParts): CallHistory {
  const said = entries.filter(({ text }) => text.trim() !== "");
  const user = said.filter(({ speaker }) => speaker === "customer");
  const spoken = said.filter(({ speaker }) => speaker === "ai_agent");
  const start = Math.round(call.answeredAt ?? call.createdAt);
  const end = Math.max(start, Math.round(call.endedAt ?? start));
  const stages = progress?.stages ?? stagesOf(said);
  const completion = progress?.completionRate ?? answeredShare(said);
  return {
    call_id: callId(call.sessionId),
    phone_number: otherParty(call),
    room_name: call.roomName,
    call_type: call.direction,
    start_time: isoTime(start),
    end_time: isoTime(end),
    duration_seconds: (end - start) / 1000,
    status: call.status,
    termination_reason: ordinary.includes(call.endReason) ? null : call.endReason,
    agent_config: {
      stt_config_key: agent.stt,
      llm_config_key: agent.llm,
      tts_config_key: agent.tts,
      business_type: agent.businessType,
      language: languageName(agent.language),
    },
    metrics: {
      total_user_utterances: user.length,
      total_agent_utterances: spoken.length,
      longest_user_utterance: longest(user),
      longest_agent_utterance: longest(spoken),
      average_user_response_time: seconds(progress?.averageUserResponse ?? 0),
      average_agent_response_time: seconds(progress?.averageAgentResponse ?? 0),
      silence_count: progress?.silences ?? 0,
      interruption_count: progress?.interruptions ?? 0,
    },
    outcomes: {
      completion_rate: Math.round(completion * 1000) / 1000,
      fields_collected: progress?.fields ?? [],
      final_stage: stages.at(-1)?.stage ?? null,
      successful: call.status === "completed" && user.length > 0 && spoken.length > 0,
      notes: progress === undefined ? REDUCED : null,
    },
    stage_timeline: stages.map(({ stage, at }) => ({ stage, timestamp: isoTime(at) })),
  };
}

/** The stages that a transcript alone gives away. */
function stagesOf(said: readonly StoredEntry[]): readonly StageReached[] {
  const [first] = said;
  const asked = said.find(({ speaker }) => speaker === "customer");
  return [
    ...(first?.speaker === "ai_agent" ? [{ stage: "greeting", at: first.timestamp } as const] : []),
    ...(asked === undefined ? [] : [{ stage: "information_gathering", at: asked.timestamp } as const]),
  ];
}

/** The share of the caller's utterances, those in a row as one, after which the agent spoke; 0 without any. */
function answeredShare(said: readonly StoredEntry[]): number {
  const turns = said.filter(
    ({ speaker }, index) => speaker === "customer" && said[index + 1]?.speaker !== "customer",
  );
  const unanswered = said.at(-1)?.speaker === "customer" ? 1 : 0;
  return turns.length === 0 ? 0 : (turns.length - unanswered) / turns.length;
}

/** In characters, as people count them. */
function longest(entries: readonly StoredEntry[]): number {
  return entries.reduce((most, { text }) => Math.max(most, [...text.trim()].length), 0);
}

/** English name of the language without its region, such as `english`. */
function languageName(tag: string): string {
  const { language } = new Intl.Locale(tag);
  return (names.of(language) ?? language).toLowerCase();
}

/** Ms as seconds with three decimals. */
function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}

function isoTime(wall: number): string {
  return new Date(Math.round(wall)).toISOString();
}

const names = new Intl.DisplayNames(["en"], { type: "language" });
const REDUCED =
  "The call was settled after its gateway had stopped: times, stages and counts come from what was stored.";
