import type { CallFact } from "../calls/call-event.ts";
import type { AgentTurn } from "./agent-turn.ts";
import { type ConversationState, type LeftConversation, restOf } from "./conversation-state.ts";
import type { Message } from "./language-model.ts";
import type { LeftTurns, TurnState } from "./turn-state.ts";

/** What the caller has said and was not taken up yet. */
function openWords({ caller, phase }: TurnState): string {
  if (phase !== "listening" && phase !== "yielding") return "";
  return [...caller.finals, caller.interim].filter((part) => part !== "").join(" ");
}

/** The caller's open words and keys, as messages: who goes on has heard neither. */
export function unsaid(state: TurnState): readonly Message[] {
  const words = openWords(state);
  const { digits } = state.caller;
  return [
    ...(words === "" ? [] : [{ role: "caller", text: words, by: "voice" } as const]),
    ...(digits === "" ? [] : [{ role: "caller", text: digits, by: "keypad" } as const]),
  ];
}

/** The caller's open words as the end of their utterance. */
export function wordsLeft(state: TurnState): CallFact | undefined {
  const text = openWords(state);
  if (text === "") return undefined;
  const { utterance, confidence, speechStartedAt, speechEndedAt } = state.caller;
  const startedAt = speechStartedAt ?? speechEndedAt;
  return { type: "caller-said", utterance, text, final: true, confidence, by: "voice", startedAt };
}

/**
 * Where the conversation stands.
 *
 * @param unheard the agent's turns that the caller has not heard to their end.
 * @param wall Unix ms.
 */
export function stateOf(
  turns: TurnState,
  unheard: readonly AgentTurn[],
  openedAt: number,
  wall: number,
): ConversationState {
  const { phase, turn, allocated, replying, caller, guess, aside, pause, reprompts, misheard } = turns;
  const agents = phase === "thinking" || phase === "speaking" || phase === "yielding";
  const interrupting = openWords(turns) !== "";
  const current = unheard.find(({ number }) => number === turn);
  const unwanted = [guess?.turn, aside?.turn];
  const said = unheard.filter(({ number }) => number <= turn && !unwanted.includes(number));
  const rest = agents && !interrupting ? said.flatMap((one) => one.unheard) : [];
  const incomplete = agents && replying && !interrupting && current?.made === undefined;
  const asked = !caller.speaking && (interrupting || (!agents && caller.owed));
  const closing = turns.closing ?? current?.made?.end;
  return {
    turn: allocated,
    utterance: caller.utterance,
    openedAt,
    at: wall,
    ...(phase === "speaking" && { sounding: turn }),
    rest,
    answer: incomplete || asked || caller.digits !== "",
    // Whoever speaks over the goodbye has not heard it.
    ...(closing !== undefined && !interrupting && { closing }),
    pause,
    reprompts,
    misheard,
  };
}

/** What the turn core is to go on with. @param wall Unix ms. */
export function turnsLeft({ state }: Pick<LeftConversation, "state">, wall: number): LeftTurns {
  const { turn, utterance, answer, closing, pause, reprompts, misheard, openedAt } = state;
  return {
    turn,
    utterance,
    answer,
    ...(closing !== undefined && { closing }),
    pause,
    reprompts,
    misheard,
    rest: restOf(state),
    elapsed: Math.max(0, wall - openedAt),
  };
}
