import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { Erasure } from "../../calls/erasure.ts";
import { errorResponse, storeErrors } from "../schemas/error-body.ts";
import { phoneNumber } from "../schemas/phone-number.ts";

const body = Type.Object(
  { phone_number: phoneNumber("Whose data is to be erased") },
  { examples: [{ phone_number: "+1234567890" }] },
);

const count = (description: string) => Type.Integer({ minimum: 0, description });

const erased = Type.Object(
  {
    phone_number: Type.String({ description: "As it was given" }),
    calls_erased: count("Calls, with transcripts and everything else that belongs to them"),
    customers_erased: count("Customers with this number"),
    batch_rows_erased: count(
      "Rows of batches that do not tell the number any more; those that waited are canceled",
    ),
    answers_erased: count("Answers kept for `Idempotency-Key`s that do not tell it any more"),
  },
  {
    examples: [
      {
        phone_number: "+1234567890",
        calls_erased: 3,
        customers_erased: 1,
        batch_rows_erased: 0,
        answers_erased: 1,
      },
    ],
  },
);

/** Forgets people on request. `docs/analytics.md` says what that covers. */
export const erasureRoutes =
  (erasure: Erasure): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      "/api/v1/erasures",
      {
        schema: {
          operationId: "eraseNumber",
          tags: ["privacy"],
          summary: "Erases everything that is kept of a phone number",
          description: "The same again erases what has come since, and else answers zeros.",
          security: [{ bearer: [] }],
          body,
          response: {
            200: erased,
            ...storeErrors,
            400: errorResponse("`phone_number` is missing or not valid"),
            409: errorResponse("A call with this number goes on; nothing was erased"),
          },
        },
      },
      async (request) => {
        const { phone_number } = request.body;
        const { calls, customers, batchRows, answers } = await erasure.ofNumber(phone_number);
        // What was done, without saying to whom.
        request.log.info(
          { calls, customers, batchRows, answers },
          "the data of a number was erased on request",
        );
        return {
          phone_number,
          calls_erased: calls,
          customers_erased: customers,
          batch_rows_erased: batchRows,
          answers_erased: answers,
        };
      },
    );
  };
