import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Call } from "../calls/call.ts";
import type { CallEvent } from "../calls/call-event.ts";
import type { CallRegistry } from "../calls/call-registry.ts";
import type { Erasable } from "../calls/erasure.ts";
import type { TypedInput } from "../calls/typed-input.ts";
import type { PipelineParts } from "../pipeline/pipeline-parts.ts";
import { type Clock, systemClock } from "../runtime/clock.ts";
import { CallJournal, type JournalSink } from "./call-journal.ts";
import { JournalFile } from "./journal-file.ts";
import { JOURNAL_VERSION, type JournalHeader } from "./journal-line.ts";
import { recordedLanguageModel } from "./recorded-language-model.ts";
import { recordedPhrases } from "./recorded-phrases.ts";
import { recordedSpeechToText } from "./recorded-speech-to-text.ts";
import { recordedTextToSpeech } from "./recorded-text-to-speech.ts";
import { recordedTools } from "./recorded-tools.ts";

export interface JournalsOptions {
  readonly registry: CallRegistry;
  readonly clock: Clock;
  /** `profile`: of calls whose profile asks for it. */
  readonly of: "all" | "profile";
  /** The folder that gets `<session id>.jsonl.gz`; made when it is not there. */
  readonly folder: string;
  /** The gateway's version. */
  readonly gateway: string;
  readonly onError: (error: unknown) => void;
}

/**
 * The journals of this process. They stand between a conversation and everything that it is told, so that the
 * conversation knows nothing of them; what the model that hears and speaks itself does is not kept.
 */
export class Journals implements Erasable {
  readonly counters = { kept: 0, dropped: 0 };
  readonly #options: JournalsOptions;
  readonly #live = new Map<number, CallJournal>();
  readonly #writing = new Set<Promise<void>>();

  constructor(options: JournalsOptions) {
    this.#options = options;
  }

  /** Makes the folder, throws away what a dead process left half written, and begins to follow the calls. */
  start(): void {
    const { folder, registry, onError } = this.#options;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      for (const name of readdirSync(folder))
        if (name.endsWith(".jsonl.gz.part")) rmSync(join(folder, name), { force: true });
    } catch (error) {
      onError(error); // every journal will be dropped, and counted
    }
    registry.events.on("event", (event) => {
      this.#live.get(event.sessionId)?.event(event);
      if (lasts.includes(event.type)) this.#live.delete(event.sessionId);
    });
  }

  /** The parts of this call's conversation: those of every call, or, when a journal is kept, around them. */
  partsOf(call: Call, parts: PipelineParts): PipelineParts {
    const { profile } = call;
    const cascade = profile.mode === "cascade" || parts.speechToSpeech === undefined;
    if (!cascade || (this.#options.of === "profile" && profile.journal !== true)) return parts;
    const journal = new CallJournal(
      this.#options.clock,
      this.#file(call.sessionId),
      this.#header(call, parts),
    );
    this.#live.set(call.sessionId, journal);
    return recordedParts(parts, journal);
  }

  /** Who is told of every message of the call's media stream. */
  messagesOf(call: Call): ((raw: Buffer) => void) | undefined {
    const journal = this.#live.get(call.sessionId);
    if (journal === undefined) return undefined;
    journal.note({ k: "open", t: journal.now() });
    return (raw) => journal.message(raw);
  }

  /** Typed words on their way to the conversation. */
  typedInput(inner: TypedInput): TypedInput {
    return {
      typed: (sessionId, text) => {
        const journal = this.#live.get(sessionId);
        const t = journal?.now() ?? 0;
        inner.typed(sessionId, text);
        journal?.note({ k: "typed", t, text });
      },
    };
  }

  /** Resolves when the journals of all calls that have ended are on disk, or dropped. */
  async written(): Promise<void> {
    while (this.#writing.size > 0) await Promise.all(this.#writing);
  }

  async eraseCalls(sessionIds: readonly number[]): Promise<void> {
    await this.written(); // or one that is being written would come back
    for (const sessionId of sessionIds) await rm(this.#path(sessionId), { force: true });
  }

  #path(sessionId: number): string {
    return join(this.#options.folder, `${sessionId}.jsonl.gz`);
  }

  #header({ direction, from, to, profile }: Call, parts: PipelineParts): Omit<JournalHeader, "k" | "origin"> {
    const { clock, gateway } = this.#options;
    return {
      version: JOURNAL_VERSION,
      gateway,
      clock: clock === systemClock ? "system" : "manual",
      direction,
      from,
      to,
      profile,
      ...describedParts(parts),
    };
  }

  #file(sessionId: number): JournalSink {
    const { onError } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#writing.add(promise);
    return new JournalFile({
      path: this.#path(sessionId),
      bound: MOST_WAITING,
      settled: (kept, error) => {
        this.counters[kept ? "kept" : "dropped"] += 1;
        if (error !== undefined) onError(error);
        this.#writing.delete(promise);
        resolve();
      },
    });
  }
}

function recordedParts(parts: PipelineParts, journal: CallJournal): PipelineParts {
  return {
    ...parts,
    speechToText: recordedSpeechToText(parts.speechToText, journal),
    languageModel: recordedLanguageModel(parts.languageModel, journal),
    textToSpeech: recordedTextToSpeech(parts.textToSpeech, journal),
    phrases: recordedPhrases(parts.phrases, journal),
    tools: recordedTools(parts.tools, journal),
  };
}

function describedParts({ speechToText, languageModel, textToSpeech, tools }: PipelineParts) {
  const { name, endpoints, punctuates } = speechToText;
  const { openingHints } = languageModel;
  return {
    recogniser: { name, endpoints, punctuates },
    model: { name: languageModel.name, ...(openingHints && { openingHints }) },
    voice: { name: textToSpeech.name },
    tools: tools.map(({ name, description, parameters, limit }) => ({
      name,
      description,
      parameters,
      ...(limit !== undefined && { limit }),
    })),
  };
}

/** With these a stream's journal ends. */
const lasts: readonly CallEvent["type"][] = ["call-ended", "media-lost", "call-moved"];

/** Lines that may wait for the disk, in bytes: about three minutes of a call. */
const MOST_WAITING = 2 * 1024 * 1024;
