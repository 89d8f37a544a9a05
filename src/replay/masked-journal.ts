import { SILENCE } from "../audio/audio-format.ts";
import type { VoiceActivityFactory } from "../audio/voice-activity.ts";
import { agentProfile, type Phrases } from "../calls/agent-profile.ts";
import { announcementOf } from "../calls/announced-recording.ts";
import type { RecordingPolicy } from "../calls/recordings.ts";
import { type Decision, digestOf } from "../journal/decision.ts";
import type { JournalEntry, JournalHeader, SpeechChange, VoiceEvent } from "../journal/journal-line.ts";
import type { Journal } from "../journal/read-journal.ts";
import { worksOnCall } from "../journal/recorded-tools.ts";
import type { ReplyPart } from "../pipeline/language-model.ts";
import { GatewayError } from "../runtime/errors.ts";
import { firstDifference, LATE_TIMERS } from "./compare-decisions.ts";
import { notedSpeech } from "./kept-speech.ts";
import { replayCall } from "./replay-call.ts";
import { WordMask } from "./word-mask.ts";

/**
 * The journal without what was said in it: sound is gone (what voice activity found in it is kept), words and numbers
 * are others. It is replayed before it is given out: throws `BAD_REQUEST` when it is not decided as the original was.
 */
export async function maskedJournal(journal: Journal, voiceActivity: VoiceActivityFactory): Promise<Journal> {
  const { header, entries, trailer } = journal;
  const tolerance = header.clock === "manual" ? 0 : LATE_TIMERS;
  const speech: SpeechChange[] = [];
  const is = await replayCall(journal, { voiceActivity: () => notedSpeech(voiceActivity(), speech) });
  if (firstDifference(trailer.decisions, is, tolerance) !== undefined)
    throw refusal("its replay is not the call that it was, so a masked one would not be either");
  const mask = new WordMask();
  const masked = {
    header: maskedHeader(header, header.speech ?? speech, mask),
    entries: maskedEntries(entries, mask),
  };
  const decisions = await replayCall({ ...masked, trailer }, { voiceActivity });
  if (firstDifference(is.map(withoutWords), decisions.map(withoutWords), 0) !== undefined)
    throw refusal("without its words it is decided otherwise");
  return { ...masked, trailer: { ...trailer, decisions, digest: digestOf(decisions) } };
}

/** What must be the same: texts that hold words are not compared. */
function withoutWords(decision: Decision): Decision {
  const { text: _, ...rest } = decision;
  return decision.type === "turn-committed" || decision.type === "agent-heard" ? rest : decision;
}

function maskedHeader(header: JournalHeader, speech: readonly SpeechChange[], mask: WordMask): JournalHeader {
  const { voice: _, ...profile } = header.profile;
  return {
    ...header,
    origin: 0,
    from: mask.text(header.from),
    to: mask.text(header.to),
    profile: {
      ...profile,
      name: "masked",
      prompt: "masked",
      greeting: mask.text(profile.greeting),
      phrases: maskedPhrases(profile.phrases, mask),
      protectedSentences: profile.protectedSentences.map((sentence) => mask.text(sentence)),
      recording: maskedRecording(agentProfile(profile).recording, mask),
    },
    model: { name: header.model.name },
    // Their arguments are gone, too.
    tools: header.tools.map((tool) =>
      worksOnCall(tool.name) ? tool : { ...tool, description: "", parameters: {} },
    ),
    speech,
  };
}

function maskedRecording(policy: RecordingPolicy, mask: WordMask): RecordingPolicy {
  const announcement = announcementOf(policy);
  return announcement === undefined ? policy : { ...policy, announce: mask.text(announcement) };
}

function maskedPhrases(phrases: Phrases, mask: WordMask): Phrases {
  const masked = Object.entries(phrases).map(([name, phrase]: [string, string | readonly string[]]) => [
    name,
    typeof phrase === "string" ? mask.text(phrase) : phrase.map((one) => mask.text(one)),
  ]);
  return Object.fromEntries(masked) as Phrases;
}

/** Words may be cut between two entries of one reply or one utterance; those are masked together. */
function maskedEntries(entries: readonly JournalEntry[], mask: WordMask): readonly JournalEntry[] {
  const together = new Map<string, { text: string; index: number }[]>();
  for (const [index, entry] of entries.entries()) {
    const [group, text] = partOfText(entry) ?? [];
    if (group !== undefined && text !== undefined)
      together.set(group, [...(together.get(group) ?? []), { text, index }]);
  }
  const texts = new Map<number, string>();
  for (const parts of together.values()) {
    const masked = mask.pieces(parts.map(({ text }) => text));
    for (const [i, { index }] of parts.entries()) texts.set(index, masked[i] ?? "");
  }
  return entries.map((entry, index) => maskedEntry(entry, mask, texts.get(index) ?? ""));
}

/** Which text the entry has a part of, and the part. */
function partOfText(entry: JournalEntry): [group: string, text: string] | undefined {
  if (entry.k === "part" && entry.part.type === "text") return [`reply ${entry.n}`, entry.part.text];
  if (entry.k === "write") return [`words ${entry.u}`, entry.text];
  if (entry.k === "voice" && entry.e.type === "audio" && entry.e.characters !== undefined)
    return [`sound ${entry.u}`, entry.e.characters.text];
  return undefined;
}

/** @param text what stands for the entry's part of a text. */
function maskedEntry(entry: JournalEntry, mask: WordMask, text: string): JournalEntry {
  switch (entry.k) {
    case "audio": {
      const silence = Buffer.alloc(Buffer.byteLength(entry.b, "base64"), SILENCE);
      return { ...entry, b: silence.toString("base64") };
    }
    case "dtmf":
      return { ...entry, digit: mask.text(entry.digit) };
    case "typed":
      return { ...entry, text: mask.text(entry.text) };
    case "stt":
      if (entry.e.type === "failed")
        return { ...entry, e: { type: "failed", error: wordless(entry.e.error) } };
      return "text" in entry.e ? { ...entry, e: { ...entry.e, text: mask.text(entry.e.text) } } : entry;
    case "ask":
      return { ...entry, said: mask.text(entry.said) };
    case "part":
      return { ...entry, part: maskedPart(entry.part, mask, text) };
    case "reply-over":
      return entry.error === undefined ? entry : { ...entry, error: wordless(entry.error) };
    case "write":
      return { ...entry, text };
    case "voice":
      return { ...entry, e: maskedVoice(entry.e, text) };
    case "phrase": {
      const events = entry.events?.map((e) =>
        maskedVoice(e, e.type === "audio" ? mask.text(e.characters?.text ?? "") : ""),
      );
      return { ...entry, text: mask.text(entry.text), ...(events && { events }) };
    }
    case "tool":
      return "error" in entry
        ? { ...entry, error: "masked" }
        : { ...entry, outcome: { ...entry.outcome, result: mask.text(entry.outcome.result) } };
    default:
      return entry;
  }
}

function maskedPart(part: ReplyPart, mask: WordMask, text: string): ReplyPart {
  if (part.type === "text") return { ...part, text };
  if (part.type === "hints") return { ...part, phrases: part.phrases.map((phrase) => mask.text(phrase)) };
  if (part.type !== "tool-call" || part.call.name === "collect_digits") return part;
  const { id, name } = part.call;
  const keys =
    name === "send_digits" ? mask.text(part.call.arguments).replace(/"[^"]*"(?=\s*:)/, '"keys"') : "{}";
  return { type: "tool-call", call: { id, name, arguments: keys } };
}

function maskedVoice(event: VoiceEvent, text: string): VoiceEvent {
  if (event.type === "failed") return { type: "failed", error: wordless(event.error) };
  if (event.type === "done" || event.characters === undefined) return event;
  return { ...event, characters: { ...event.characters, text } };
}

function wordless<E extends { readonly message: string }>(error: E): E {
  return { ...error, message: "masked" };
}

function refusal(why: string): GatewayError {
  return new GatewayError("BAD_REQUEST", `This journal cannot be masked: ${why}.`);
}
