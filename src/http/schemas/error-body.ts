import { Type } from "typebox";

/** The one shape of every error, named `Error` in the OpenAPI document. */
export const errorBody = Type.Object(
  {
    detail: Type.String({ description: "What went wrong, for people; may change" }),
    code: Type.String({ description: "Stable; what a program should look at", examples: ["NOT_FOUND"] }),
  },
  { $id: "Error", title: "Error", examples: [{ detail: "Call session not found", code: "NOT_FOUND" }] },
);

/** A response of a route that answers an error with this status. */
export function errorResponse(description: string) {
  return { ...Type.Ref("Error"), description };
}

/** What every route behind the key may answer. */
export const guardErrors = {
  401: errorResponse("The key is missing or wrong"),
  429: errorResponse("Too many requests; `Retry-After` tells when to come again"),
};

/** What every route that asks the store may answer. */
export const storeErrors = {
  ...guardErrors,
  503: errorResponse("The store cannot be reached; `Retry-After` tells when to come again"),
};

/** What every route that makes calls may answer. */
export const creationErrors = {
  ...guardErrors,
  400: errorResponse("A field is missing or not valid, such as `Invalid phone number format`"),
  409: errorResponse(
    "The `Idempotency-Key` is at work, was used for something else, or its outcome was lost",
  ),
  500: errorResponse("The carrier did not take the call: `Failed to create outbound call: …`"),
  503: errorResponse(
    "No line is free, or the gateway is shutting down; `Retry-After` tells when to come again",
  ),
};
