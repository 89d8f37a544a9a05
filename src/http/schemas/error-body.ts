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
