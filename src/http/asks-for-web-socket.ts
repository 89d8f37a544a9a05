import type { FastifyRequest } from "fastify";

/** Whether the request opens a WebSocket; known before `request.ws`, which a later hook sets. */
export function asksForWebSocket(request: FastifyRequest): boolean {
  return request.headers.upgrade?.toLowerCase() === "websocket";
}
