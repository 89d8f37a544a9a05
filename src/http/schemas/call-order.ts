import { Type } from "typebox";
import { GatewayError } from "../../runtime/errors.ts";
import type { JsonObject } from "../../runtime/json.ts";
import { nullableInteger, nullableString } from "./nullable.ts";
import { phoneNumber } from "./phone-number.ts";

/** Bytes of one call's metadata as JSON, and how deep it may go. */
const LARGEST_METADATA = 16 * 1024;
const DEEPEST_METADATA = 32;

/** The client's own data about a call; {@link boundedMetadata} holds it to its bounds. */
export const metadata = Type.Unsafe<JsonObject>({
  type: "object",
  additionalProperties: true,
  description: "Any JSON object of up to 16 KiB; kept as it is",
  examples: [{ purpose: "follow_up", campaign: "satisfaction_survey" }],
});

/** What an order of a call may say besides the numbers. */
export const orderFields = {
  customer_id: Type.Optional(nullableInteger({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
  metadata: Type.Optional(metadata),
};

/** What holds for one call as for many. */
export const lineFields = {
  from_number: Type.Optional(phoneNumber("Unset: the gateway's own number", "+15183171307")),
  trunk_id: Type.Optional(nullableString({ minLength: 1, maxLength: 64 })),
  machine_detection: Type.Optional(
    Type.Boolean({
      description: "Whether the carrier finds out if a machine has answered, while the call goes on",
      default: false,
    }),
  ),
  play_ringtone: Type.Optional(
    Type.Boolean({
      description: "Accepted and without effect: the carrier plays its own ringing tone",
      default: true,
    }),
  ),
};

/** The metadata, when it is within its bounds; throws `BAD_REQUEST`. @param where the field's name in the request. */
export function boundedMetadata(given: JsonObject | undefined, where = "metadata"): JsonObject {
  if (given === undefined) return {};
  if (depthOf(given) > DEEPEST_METADATA) {
    throw new GatewayError(
      "BAD_REQUEST",
      `${where} must not be nested deeper than ${DEEPEST_METADATA} levels`,
    );
  }
  if (Buffer.byteLength(JSON.stringify(given)) > LARGEST_METADATA) {
    throw new GatewayError("BAD_REQUEST", `${where} must not be larger than 16 KiB`);
  }
  return given;
}

/** Levels of objects and lists; counting stops beyond the bound, so that no depth can exhaust the stack. */
function depthOf(value: unknown, level = 1): number {
  if (typeof value !== "object" || value === null || level > DEEPEST_METADATA) return level;
  return Object.values(value).reduce<number>(
    (deepest, inner) => Math.max(deepest, depthOf(inner, level + 1)),
    level,
  );
}
