import { gunzipSync, gzipSync } from "node:zlib";
import { GatewayError } from "../runtime/errors.ts";
import { digestOf } from "./decision.ts";
import {
  JOURNAL_VERSION,
  type JournalEntry,
  type JournalHeader,
  type JournalLine,
  type JournalTrailer,
} from "./journal-line.ts";

/** A whole journal. */
export interface Journal {
  readonly header: JournalHeader;
  readonly entries: readonly JournalEntry[];
  readonly trailer: JournalTrailer;
}

/** Reads a journal's file. Throws `BAD_REQUEST` that says why it is none, or not a whole one. */
export function readJournal(file: Uint8Array): Journal {
  const lines = linesOf(file);
  const header = lines[0];
  const trailer = lines.at(-1);
  if (header?.k !== "header") throw refusal("it does not begin with a journal's header");
  if (header.version !== JOURNAL_VERSION)
    throw refusal(`it has version ${header.version}, and this gateway reads ${JOURNAL_VERSION}`);
  if (trailer?.k !== "trailer") throw refusal("it has no trailer: its end is missing");
  const entries = lines.slice(1, -1) as JournalEntry[];
  if (entries.length !== trailer.entries)
    throw refusal(`it has ${entries.length} entries, and its trailer says ${trailer.entries}`);
  if (digestOf(trailer.decisions) !== trailer.digest)
    throw refusal("the digest of its decisions is wrong: it was changed");
  return { header, entries, trailer };
}

/** The file of a journal. */
export function writeJournal({ header, entries, trailer }: Journal): Buffer {
  const lines = [header, ...entries, trailer].map((line) => JSON.stringify(line));
  return gzipSync(`${lines.join("\n")}\n`, { level: 9 });
}

function linesOf(file: Uint8Array): JournalLine[] {
  let text: string;
  try {
    text = gunzipSync(file, { maxOutputLength: LARGEST }).toString("utf8");
  } catch (error) {
    throw refusal("it is not whole gzip data", error);
  }
  try {
    return text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  } catch (error) {
    throw refusal("a line of it is not JSON", error);
  }
}

function refusal(why: string, cause?: unknown): GatewayError {
  return new GatewayError("BAD_REQUEST", `This is not a journal that can be replayed: ${why}.`, { cause });
}

/** Uncompressed, in bytes: about a day. */
const LARGEST = 1024 * 1024 * 1024;
