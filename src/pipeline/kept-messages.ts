import type { ConversationToGoOnWith, ConversationToKeep } from "../calls/kept-conversation.ts";
import type { JsonObject } from "../runtime/json.ts";
import type { KeptChanges, TakenUp } from "./call-conversation.ts";
import { type ConversationChanges, isSaid } from "./conversation.ts";
import { type ConversationState, whenLost } from "./conversation-state.ts";
import type { Message } from "./language-model.ts";
import type { TextDialogueState } from "./text-dialogue-state.ts";
import { wholeExchanges } from "./whole-exchanges.ts";

/** Stands in the history for what was keyed in secret: it is kept nowhere, and gone with the process that had it. */
const FORGOTTEN_SECRET = JSON.stringify({
  error:
    "The secret digits are no longer known: the connection was lost. Ask the caller to key them in again.",
});

/** Of a conversation on a media stream, or of one in text. */
type ToBeKept = KeptChanges | (ConversationChanges & { readonly state: TextDialogueState });

/** A conversation as its store is to keep it. */
export function kept({ state, messages, end }: ToBeKept): ConversationToKeep {
  return {
    state: { ...state } as unknown as JsonObject,
    ...("sounding" in state && { sounding: state.sounding }),
    ...("answering" in state && { answering: state.answering }),
    end,
    messages: messages.map(({ position, message }) => ({
      position,
      message: { ...message } as unknown as JsonObject,
    })),
  };
}

/** A conversation that another process of ours has kept, as it was when the caller was cut off. */
export function takenUp({ state, messages, lostAt }: ConversationToGoOnWith): TakenUp {
  const first = messages[0]?.position ?? 0;
  const said = messages.map(({ message }) => withoutSecrets(message as unknown as Message)).filter(isSaid);
  return whenLost(
    { messages: wholeExchanges(said), first, state: state as unknown as ConversationState },
    lostAt,
  );
}

function withoutSecrets(message: Message): Message {
  if (message.role !== "tool-result" || !/"token":"\[secret \d+\]"/.test(message.result)) return message;
  return { ...message, result: FORGOTTEN_SECRET };
}
