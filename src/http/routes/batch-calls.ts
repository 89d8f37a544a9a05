import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { BatchDesk, BatchProgress } from "../../calls/batch-desk.ts";
import type { CallControl } from "../../calls/call-control.ts";
import type { CallRegistry } from "../../calls/call-registry.ts";
import { GatewayError } from "../../runtime/errors.ts";
import { batchOrder, rowsOf, settingsOf } from "../schemas/batch-order.ts";
import {
  batchProgress,
  batchProgressBody,
  batchProgressExample,
  batchRow,
  batchRowBody,
  batchRowExample,
  batchStatus,
} from "../schemas/batch-progress.ts";
import { batchResultBody } from "../schemas/batch-result.ts";
import { creationErrors, errorResponse, storeErrors } from "../schemas/error-body.ts";
import { idempotencyHeaders } from "../schemas/idempotency-key.ts";
import { offsetOf, paging } from "../schemas/paging.ts";

/** Bytes of a batch's body: 5,000 calls with 400 bytes each. */
const BATCH_LIMIT = 2 * 1024 * 1024;

const path = "/api/v1/calls/outbound/batch";

const resultFields = {
  total: Type.Integer({ minimum: 1 }),
  successful: Type.Integer({ minimum: 0 }),
  failed: Type.Integer({ minimum: 0 }),
  results: Type.Array(Type.Ref("BatchResult")),
};

const location = {
  Location: Type.String({ description: "Where the batch's progress is read" }),
};

const placed = Type.Object(resultFields, {
  description: "Every call was placed, or has failed",
  headers: location,
  examples: [
    {
      total: 2,
      successful: 2,
      failed: 0,
      results: [
        { success: true, call_info: { sip_call_id: "SC_batch001", to_number: "+1234567890" }, index: 1 },
        { success: true, call_info: { sip_call_id: "SC_batch002", to_number: "+0987654321" }, index: 2 },
      ],
    },
  ],
});

const goesOn = Type.Object(
  { ...resultFields, batch_id: Type.String(), status: batchStatus },
  {
    description: "The batch goes on in the background; the results are those so far",
    headers: location,
    examples: [
      {
        total: 500,
        successful: 0,
        failed: 0,
        results: [],
        batch_id: "batch_0rT3dX9aVq2K",
        status: "running",
      },
    ],
  },
);

const params = Type.Object({
  batch_id: Type.String({ minLength: 1, maxLength: 64, examples: ["batch_0rT3dX9aVq2K"] }),
});

const progressPage = Type.Object(
  {
    ...batchProgress.properties,
    results: Type.Array(batchRow),
    page: Type.Integer({ minimum: 1 }),
    page_size: Type.Integer({ minimum: 1 }),
  },
  { examples: [{ ...batchProgressExample, results: [batchRowExample], page: 1, page_size: 50 }] },
);

/** Many calls in one order. */
export const batchCallRoutes =
  (batches: BatchDesk, control: CallControl, registry: CallRegistry): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      path,
      {
        bodyLimit: BATCH_LIMIT,
        config: { idempotent: true, rateGroup: "batch" },
        schema: {
          operationId: "createBatch",
          tags: ["calls"],
          summary: "Place many calls one after another",
          description:
            "A small batch is answered when its calls are placed (200), a larger one at once (202). It goes on over " +
            "restarts, and calls nobody twice.",
          security: [{ bearer: [] }],
          headers: idempotencyHeaders,
          body: batchOrder,
          response: {
            200: placed,
            202: goesOn,
            ...creationErrors,
            413: errorResponse("The body is over 2 MiB"),
          },
        },
      },
      async (request, reply) => {
        const settings = settingsOf(request.body, control.ownNumber);
        const rows = rowsOf(request.body);
        if (registry.draining)
          throw new GatewayError("DRAINING", "The gateway is shutting down; try again later.");
        const progress = await batches.order(settings, rows);
        const { id, state } = progress.batch;
        const body = resultsOf(progress);
        reply.header("location", `${path}/${id}`);
        if (body.results.length === body.total) return body;
        return reply.code(202).send({ ...body, batch_id: id, status: state });
      },
    );

    app.get(
      `${path}/:batch_id`,
      {
        schema: {
          operationId: "getBatch",
          tags: ["calls"],
          summary: "How a batch goes, and a page of its numbers",
          security: [{ bearer: [] }],
          params,
          querystring: Type.Object(paging({ default: 50, most: 200 })),
          response: {
            200: progressPage,
            ...storeErrors,
            400: errorResponse("A parameter is not valid"),
            404: errorResponse("No such batch"),
          },
        },
      },
      async (request) => {
        const { batch, rows } = await batches.progress(request.params.batch_id, offsetOf(request.query));
        const { page, page_size } = request.query;
        return { ...batchProgressBody(batch), results: rows.map(batchRowBody), page, page_size };
      },
    );

    app.post(
      `${path}/:batch_id/cancel`,
      {
        schema: {
          operationId: "cancelBatch",
          tags: ["calls"],
          summary: "Place no more calls of a batch; those under way go on, again changes nothing",
          security: [{ bearer: [] }],
          params,
          response: {
            200: Type.Ref("BatchProgress"),
            ...storeErrors,
            400: errorResponse("The id is not valid"),
            404: errorResponse("No such batch"),
          },
        },
      },
      async (request) => batchProgressBody((await batches.cancel(request.params.batch_id)).batch),
    );
  };

function resultsOf({ batch, rows }: BatchProgress) {
  const results = rows.flatMap((row) => batchResultBody(row) ?? []);
  const successful = results.filter(({ success }) => success).length;
  return { total: batch.counts.total, successful, failed: results.length - successful, results };
}
