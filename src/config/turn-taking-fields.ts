import type { TurnTaking } from "../calls/agent-profile.ts";

/** What a bound of turn-taking may be, and what is won and lost by changing it. */
export type TurnTakingField = { readonly trades: string } & (
  | { readonly kind: "flag" }
  | { readonly kind: "number"; readonly unit: "ms" | "times"; readonly least: number; readonly most: number }
);

const flag = (trades: string): TurnTakingField => ({ kind: "flag", trades });
const times = (least: number, most: number, trades: string): TurnTakingField => ({
  kind: "number",
  unit: "times",
  least,
  most,
  trades,
});
const ms = (least: number, most: number, trades: string): TurnTakingField => ({
  kind: "number",
  unit: "ms",
  least,
  most,
  trades,
});

/** Every bound that a profile may set. Reading, errors and documentation all follow this table. */
export const turnTakingFields: Readonly<Record<keyof TurnTaking, TurnTakingField>> = {
  bargeIn: flag("on: callers stop the agent by speaking; off: they hear everything to its end"),
  speculation: flag("on: replies come sooner; off: no tokens are spent on replies that are not used"),
  endpointMin: ms(100, 3_000, "shorter: sooner replies; longer: fewer into a pause after a whole sentence"),
  endpointMax: ms(200, 6_000, "shorter: no long wait after an unfinished sentence; longer: time to think"),
  endpointOpen: ms(100, 6_000, "as the two above, while it is not known how long this caller pauses"),
  earlyFinalize: ms(40, 2_000, "shorter: final words sooner; longer: fewer requests to the recogniser"),
  sustainedSpeech: ms(200, 5_000, "shorter: goes on sooner over music; longer: time for words to come"),
  backchannelWait: ms(
    100,
    3_000,
    "shorter: goes on sooner after a cough; longer: late words still interrupt",
  ),
  silenceLimit: ms(3_000, 120_000, "shorter: asks silent callers sooner; longer: leaves them in peace"),
  reprompts: times(0, 10, "fewer: frees the line of silent callers; more: patience"),
  fillerAfter: ms(0, 30_000, "shorter: no doubt that somebody is there; longer: fewer fillers; 0: none"),
  replyLimit: ms(
    1_000,
    60_000,
    "shorter: an apology instead of a late reply; longer: slow models are waited for",
  ),
  interDigit: ms(500, 30_000, "shorter: keyed digits are taken sooner; longer: slow keying is not cut"),
  maxCallDuration: ms(120_000, 86_400_000, "shorter: bounds the cost of a call; longer: room for long ones"),
};

/** Bounds of which the first must not be above the second. */
export const turnTakingOrder: readonly (readonly [lower: keyof TurnTaking, upper: keyof TurnTaking])[] = [
  ["earlyFinalize", "endpointMin"],
  ["endpointMin", "endpointOpen"],
  ["endpointOpen", "endpointMax"],
  ["fillerAfter", "replyLimit"],
];
