import { Type } from "typebox";

/** The header of requests that must not be done twice. */
export const idempotencyHeaders = Type.Object({
  "idempotency-key": Type.Optional(
    Type.String({
      pattern: "^[!-~]{1,255}$",
      description:
        "Chosen by the client, 1 to 255 visible ASCII characters, kept for 24 hours. The same request with the " +
        "same key is done once; later ones get the first answer, with `Idempotency-Replayed: true`",
      examples: ["6f1c2d0e-8a44-4a3e-9d7b-0f6b1f0f7a55"],
    }),
  ),
});
