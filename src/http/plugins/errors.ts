import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { asGatewayError, type ErrorCode, GatewayError } from "../../runtime/errors.ts";
import { asksForWebSocket } from "../asks-for-web-socket.ts";
import { isPhonePattern } from "../schemas/phone-number.ts";

/** The body of every error: `detail` for people, `code` for programs. */
export interface ErrorBody {
  readonly detail: string;
  readonly code: ErrorCode;
}

/** Refusals that pass: the client is told when to come again. */
const passing: readonly ErrorCode[] = [
  "RATE_LIMITED",
  "AT_CAPACITY",
  "OVERLOADED",
  "DRAINING",
  "STORE_UNAVAILABLE",
];

/** When that is, unless somebody who knows better has said so, in seconds. */
const RETRY_AFTER = 5;

/** What is told of errors whose own message names what is behind us: hosts, files, statements. The log has that. */
const discreet: Partial<Record<ErrorCode, string>> = {
  INTERNAL: "Something went wrong on our side.",
  CONFIG_INVALID: "Something went wrong on our side.",
  STORE_UNAVAILABLE: "The store cannot be reached; try again later.",
  PROVIDER_REFUSED: "A provider behind the gateway has refused.",
  PROVIDER_RATE_LIMITED: "A provider behind the gateway has too much to do; try again later.",
  PROVIDER_UNAVAILABLE: "A provider behind the gateway cannot be reached.",
  PROVIDER_TIMEOUT: "A provider behind the gateway did not answer in time.",
  PROVIDER_PROTOCOL: "A provider behind the gateway did not answer as it should.",
};

/** Lets every error of the server leave in one shape. */
export function handleErrors(app: FastifyInstance): void {
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) =>
    answerError(new GatewayError("NOT_FOUND", "Not found"), request, reply),
  );
}

/** Answers an error; what is not the client's mistake is logged with its cause, and told in words of our own. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = edgeError(error) ?? asGatewayError(error, "INTERNAL");
  const status = statusOf(error, known);
  if (known.code === "INTERNAL") request.log.error({ err: error }, "request failed");
  else if (status >= 500) request.log.warn({ err: error }, "request refused");
  if (known.code === "UNAUTHORIZED") reply.header("www-authenticate", "Bearer");
  if (passing.includes(known.code) && !reply.hasHeader("retry-after"))
    reply.header("retry-after", RETRY_AFTER);
  const detail = discreet[known.code] ?? known.message;
  if (asksForWebSocket(request)) endAfterAnswer(reply);
  return reply
    .code(status)
    .type("application/json; charset=utf-8")
    .serializer(JSON.stringify) // the route's own schema for this status may describe something else
    .send({ detail, code: known.code } satisfies ErrorBody);
}

/** A refused upgrade has left Node's HTTP server, so nobody else would close its socket. */
function endAfterAnswer(reply: FastifyReply): void {
  const { socket } = reply.raw;
  reply.header("connection", "close");
  reply.raw.once("finish", () => socket?.end(() => socket.destroy()));
}

/** Answers bytes that are not HTTP, or that came too slowly, on the bare socket. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const status =
    error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : error.code === "HPE_HEADER_OVERFLOW" ? 431 : 400;
  const detail = status === 408 ? "The request came too slowly." : "The request is not valid HTTP.";
  const body = JSON.stringify({ detail, code: "BAD_REQUEST" } satisfies ErrorBody);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** What Fastify itself refused, in our catalogue; undefined when the error is not Fastify's refusal. */
function edgeError(error: unknown): GatewayError | undefined {
  if (error instanceof GatewayError || !(error instanceof Error)) return undefined;
  const { statusCode, validation } = error as FastifyError;
  if (validation !== undefined)
    return new GatewayError("BAD_REQUEST", fieldProblem(error as FastifyError), { cause: error });
  if (statusCode === 413) {
    return new GatewayError("PAYLOAD_TOO_LARGE", "The request body is too large.", { cause: error });
  }
  if (statusCode === undefined || statusCode < 400 || statusCode >= 500) return undefined;
  return new GatewayError("BAD_REQUEST", error.message, { cause: error });
}

/** Keeps 4xx statuses that say more than their code does, such as 415. */
function statusOf(error: unknown, known: GatewayError): number {
  const { statusCode } = (error ?? {}) as Partial<FastifyError>;
  return known.code === "BAD_REQUEST" && statusCode !== undefined ? statusCode : known.status;
}

/** As the API's users know it. */
const INVALID_NUMBER = "Invalid phone number format";

/** The first field that failed, by its name. */
function fieldProblem({ validation, validationContext }: FastifyError): string {
  const [first] = validation ?? [];
  if (first === undefined) return `The ${validationContext} is not valid.`;
  const parent = first.instancePath.slice(1).replaceAll("/", ".");
  if (first.keyword === "required") {
    const missing = String(first.params.missingProperty);
    return `${parent === "" ? missing : `${parent}.${missing}`} is required`;
  }
  if (first.keyword === "pattern" && isPhonePattern(first.params.pattern)) {
    return parent.includes(".") ? `${INVALID_NUMBER}: ${parent}` : INVALID_NUMBER;
  }
  if (first.keyword === "enum") {
    const allowed = first.params.allowedValues as readonly unknown[];
    return `${parent} must be one of: ${allowed.join(", ")}`;
  }
  return `${parent === "" ? `The ${validationContext}` : parent} ${first.message ?? "is not valid"}`;
}
