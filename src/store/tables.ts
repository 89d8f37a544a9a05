import type { Generated } from "kysely";
import type { Batch, BatchRow } from "../calls/batches.ts";
import type { CallEnding } from "../calls/call-lifecycle.ts";
import type { StoredCall, StoredEntry, StoredMilestone } from "../calls/call-store.ts";
import type { Delivery } from "../calls/deliveries.ts";
import type { ServiceRequest } from "../calls/service-requests.ts";

/** The tables as queries see them. Times in Unix ms, booleans as 0 and 1, JSON as text. */
export interface Tables {
  calls: CallTable;
  transcript_entries: EntryTable;
  turn_records: TurnRecordTable;
  milestones: MilestoneTable;
  sequences: { name: string; next: number };
  /** Processes that live, by when they last said so. */
  owners: { owner: string; beat_at: number; takes_calls: Generated<number> };
  conversation_states: { session_id: number; waiting: number; state: string };
  conversation_messages: { session_id: number; position: number; message: string };
  carrier_reports: { id: string; session_id: number; left_at: number; report: string };
  customers: CustomerTable;
  service_requests: ServiceRequestTable;
  idempotency_keys: IdempotencyKeyTable;
  batches: BatchTable;
  batch_rows: BatchRowTable;
  deliveries: DeliveryTable;
}

export interface CallTable {
  session_id: number;
  sip_call_id: string | null;
  participant_id: string;
  room_name: string;
  direction: StoredCall["direction"];
  carrier: string;
  from_number: string;
  to_number: string;
  /** The other party's number without punctuation: what calls are looked for by. */
  phone: string;
  profile: string;
  media: StoredCall["media"];
  customer_id: number | null;
  trunk_id: string | null;
  agent_id: number | null;
  queue_entry_id: number | null;
  metadata: string;
  status: StoredCall["status"];
  end_reason: StoredCall["endReason"];
  answered_by: string | null;
  handled_by: string;
  sentiment: StoredCall["sentiment"];
  transfer_count: number;
  usage: string | null;
  cost: string | null;
  created_at: number;
  answered_at: number | null;
  ended_at: number | null;
  /** The process that has the call. */
  owner: string;
}

export interface EntryTable {
  session_id: number;
  id: number;
  speaker: StoredEntry["speaker"];
  text: string;
  timestamp: number;
  confidence: number;
  final: number;
}

export interface TurnRecordTable {
  session_id: number;
  turn: number;
  record: string;
}

interface MilestoneTable {
  id: number;
  event: StoredMilestone["event"];
  session_id: number;
  room_name: string;
  timestamp: number;
}

interface CustomerTable {
  id: number;
  name: string;
  phone: string | null;
  number: string | null;
  metadata: string;
}

interface ServiceRequestTable {
  reference: number;
  session_id: number;
  kind: string;
  description: string;
  urgency: ServiceRequest["urgency"];
  created_at: number;
}

interface IdempotencyKeyTable {
  key: string;
  fingerprint: string;
  owner: string;
  created_at: number;
  /** Status and body of the answer; both null while the request is being worked on. */
  status: number | null;
  body: string | null;
}

interface BatchTable {
  id: string;
  state: Batch["state"];
  settings: string;
  created_at: number;
  /** No call may be placed before then. */
  next_due_at: number;
}

interface BatchRowTable {
  batch_id: string;
  row_index: number;
  to_number: string;
  customer_id: number | null;
  metadata: string;
  state: BatchRow["state"];
  attempts: number;
  session_id: number | null;
  sip_call_id: string | null;
  outcome: CallEnding | null;
  error: string | null;
  attempted_at: number | null;
  /** It may not be called before then. */
  due_at: number;
  /** The process that is placing, or has placed, the newest call. */
  owner: string | null;
}

interface DeliveryTable {
  id: string;
  kind: Delivery["kind"];
  session_id: number;
  body: string;
  created_at: number;
  state: Delivery["state"];
  /** Tries begun since `owed_since`. */
  attempts: number;
  owed_since: number;
  due_at: number;
  /** The receiver wants no try before then. */
  not_before: number;
  /** The process that is trying, and until when nobody else may. */
  lease_owner: string | null;
  lease_until: number | null;
  last_problem: string | null;
  delivered_at: number | null;
}
