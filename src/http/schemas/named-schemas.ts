import type { TSchema } from "typebox";
import { batchProgress } from "./batch-progress.ts";
import { batchResult } from "./batch-result.ts";
import { delivery } from "./delivery.ts";
import { errorBody } from "./error-body.ts";
import { inboundCall } from "./inbound-call.ts";
import { outboundCall } from "./outbound-call.ts";
import { phoneCall } from "./phone-call.ts";
import { placedCall } from "./placed-call.ts";
import { transcriptEntry } from "./transcript.ts";
import { turnSchema } from "./turn.ts";

/** Everything that routes refer to by name; the components of the OpenAPI document. */
export const namedSchemas: readonly TSchema[] = [
  batchProgress,
  batchResult,
  delivery,
  errorBody,
  inboundCall,
  outboundCall,
  phoneCall,
  placedCall,
  transcriptEntry,
  turnSchema,
];
