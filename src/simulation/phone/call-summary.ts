import type { CallReport } from "./call-report.ts";
import { spokenLine } from "./transcript-lines.ts";

/** What the phone itself measured, line by line. */
export function summaryLines(report: CallReport): readonly string[] {
  const replies = report.exchanges.flatMap(({ replyLatency }) => replyLatency ?? []);
  const stops = report.exchanges.flatMap(({ clearLatency }) => clearLatency ?? []);
  const early = report.exchanges.filter((exchange) => exchange.early).length;
  const longest = Math.max(0, ...report.gaps.map(({ duration }) => duration));
  return [
    fact("ended", `by ${report.ended.by}: ${report.ended.detail}`),
    fact(
      "duration",
      `${(report.duration / 1000).toFixed(1)} s, agent heard ${(report.heard / 1000).toFixed(1)} s`,
    ),
    fact("greeting", report.greetingLatency === undefined ? "none" : `after ${ms(report.greetingLatency)}`),
    fact("replies", replies.length === 0 ? "none" : `after ${replies.map(ms).join(", ")}`),
    ...(stops.length === 0 ? [] : [fact("stopped", `${stops.map(ms).join(", ")} after being interrupted`)]),
    ...(early === 0 ? [] : [fact("early", `${early} times the agent spoke into the caller's words`)]),
    fact("gaps", report.gaps.length === 0 ? "none" : `${report.gaps.length}, the longest ${ms(longest)}`),
    ...report.warnings.map(({ code, detail }) => fact("warning", `${code}: ${detail}`)),
  ];
}

/** A key that the caller pressed, `at` ms after the call began. */
export interface KeyPress {
  readonly at: number;
  readonly digit: string;
}

/** Who was heard when, for a gateway that gives no transcript. */
export function measuredLines(report: CallReport, keys: readonly KeyPress[]): readonly string[] {
  const caller = report.exchanges.map(({ voiceStart, voiceEnd = report.duration, text }) => ({
    at: voiceStart,
    line: spokenLine("caller", voiceStart, text ?? spoke(voiceEnd - voiceStart)),
  }));
  const agent = report.utterances.map(({ start, end }) => ({
    at: start,
    line: spokenLine("agent", start, spoke(end - start)),
  }));
  const pressed = keys.map(({ at, digit }) => ({ at, line: spokenLine("caller", at, `(presses ${digit})`) }));
  return [...caller, ...pressed, ...agent].sort((a, b) => a.at - b.at).map(({ line }) => line);
}

function spoke(duration: number): string {
  return `[spoke ${(duration / 1000).toFixed(1)} s]`;
}

function fact(name: string, value: string): string {
  return `${name.padEnd(9)}${value}`;
}

function ms(duration: number): string {
  return `${Math.round(duration)} ms`;
}
