import type { Decision } from "../journal/decision.ts";
import { type Difference, type TurnOutcome, turnsOf } from "./compare-decisions.ts";

/** What a replay has found. */
export interface ReplayFindings {
  readonly was: readonly Decision[];
  readonly is: readonly Decision[];
  readonly difference: Difference | undefined;
}

/** As JSON: the first difference, and every turn before and after. */
export function asJson({ was, is, difference }: ReplayFindings): string {
  return JSON.stringify(
    {
      identical: difference === undefined,
      decisions: was.length,
      ...(difference && { first_difference: { was: difference.was ?? null, is: difference.is ?? null } }),
      turns: pairs(was, is).map(([before, after]) => ({ was: before ?? null, is: after ?? null })),
    },
    null,
    2,
  );
}

/** As lines for a terminal. */
export function asLines({ was, is, difference }: ReplayFindings): readonly string[] {
  if (difference === undefined) return [`identical: ${was.length} decisions`];
  return [
    ...table([HEAD, ...pairs(was, is).flatMap(([before, after]) => rows(before, after))]),
    "",
    `first difference: was ${told(difference.was)}`,
    `                  is  ${told(difference.is)}`,
  ];
}

function pairs(was: readonly Decision[], is: readonly Decision[]) {
  const [before, after] = [turnsOf(was), turnsOf(is)];
  const numbers = [...new Set([...before, ...after].map(({ turn }) => turn))].toSorted((a, b) => a - b);
  const of = (turns: readonly TurnOutcome[], number: number) => turns.find(({ turn }) => turn === number);
  return numbers.map((number) => [of(before, number), of(after, number)] as const);
}

const HEAD = ["turn", "", "committed ms", "latency ms", "cut", "caller", "heard"];

/** One row for a turn that is as it was, else two. */
function rows(was: TurnOutcome | undefined, is: TurnOutcome | undefined): string[][] {
  if (JSON.stringify(was) === JSON.stringify(is)) return [row("=", is)];
  return [row("was", was), row("is", is, was)];
}

function row(label: string, turn: TurnOutcome | undefined, was?: TurnOutcome): string[] {
  if (turn === undefined) return ["", label, "none", "", "", "", ""];
  return [
    String(turn.turn),
    label,
    number(turn.committedAt, was?.committedAt),
    number(turn.latency, was?.latency),
    turn.interrupted === undefined ? "" : turn.interrupted ? "yes" : "no",
    short(turn.callerText),
    short(turn.heard),
  ];
}

/** With the change against what it was. */
function number(value: number | undefined, was: number | undefined): string {
  if (value === undefined) return "";
  const change = was === undefined ? 0 : Math.round(value - was);
  return `${Math.round(value)}${change === 0 ? "" : ` (${change > 0 ? "+" : ""}${change})`}`;
}

function short(text = ""): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}

function table(lines: readonly (readonly string[])[]): string[] {
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  return lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

function told(decision: Decision | undefined): string {
  if (decision === undefined) return "nothing";
  const { at, type, turn, text } = decision;
  return [
    `${type} at ${at} ms`,
    ...(turn === undefined ? [] : [`turn ${turn}`]),
    ...(text === undefined ? [] : [`"${text}"`]),
  ].join(", ");
}

/** Characters of a text in the table. */
const LONGEST = 40;
