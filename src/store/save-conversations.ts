import type { Transaction } from "kysely";
import type { StoredConversation, StoredMessage } from "../calls/kept-conversation.ts";
import { chunks } from "./chunks.ts";
import { newestOf } from "./newest-of.ts";
import { replacedByExcluded } from "./replaced-by-excluded.ts";
import type { Tables } from "./tables.ts";

const newState = replacedByExcluded(["waiting", "state"]);
const newMessage = replacedByExcluded(["message"]);

export async function saveConversations(
  transaction: Transaction<Tables>,
  conversations: readonly StoredConversation[],
  messages: readonly StoredMessage[],
): Promise<void> {
  const states = newestOf(conversations, ({ sessionId }) => sessionId).sort(
    (a, b) => a.sessionId - b.sessionId,
  );
  for (const chunk of chunks(states)) {
    await transaction
      .insertInto("conversation_states")
      .values(
        chunk.map(({ sessionId, waiting, state }) => ({
          session_id: sessionId,
          waiting: Number(waiting),
          state: JSON.stringify(state),
        })),
      )
      .onConflict((conflict) => conflict.column("session_id").doUpdateSet(newState))
      .execute();
  }
  const newest = newestOf(messages, ({ sessionId, position }) => `${sessionId} ${position}`).sort(
    (a, b) => a.sessionId - b.sessionId || a.position - b.position,
  );
  for (const chunk of chunks(newest)) {
    await transaction
      .insertInto("conversation_messages")
      .values(
        chunk.map(({ sessionId, position, message }) => ({
          session_id: sessionId,
          position,
          message: JSON.stringify(message),
        })),
      )
      .onConflict((conflict) => conflict.columns(["session_id", "position"]).doUpdateSet(newMessage))
      .execute();
  }
}

/** Of calls that have ended nobody goes on with anything, and nobody asks what the carrier has told. */
export async function forgetLiveState(
  transaction: Transaction<Tables>,
  ended: readonly number[],
): Promise<void> {
  for (const chunk of chunks(ended)) {
    for (const table of ["conversation_states", "conversation_messages", "carrier_reports"] as const)
      await transaction.deleteFrom(table).where("session_id", "in", chunk).execute();
  }
}
