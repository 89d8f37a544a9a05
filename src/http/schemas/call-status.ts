import { Type } from "typebox";
import { type CallStatus, endings } from "../../calls/call-lifecycle.ts";

const statuses = [
  "initiating",
  "initiated",
  "ringing",
  "answered",
  ...endings,
] as const satisfies CallStatus[];

/** Where a call stands. */
export const callStatus = Type.Enum([...statuses], {
  description:
    "`initiating`: it is being given to the carrier; `initiated`: the carrier has it; the last five are final",
});
