import type { IncomingMessage } from "node:http";
import type { Config } from "./config/config.ts";
import type { MediaStreamServer } from "./gateway/media-stream-server.ts";
import { MEDIA_PATH } from "./http/call-twiml.ts";
import { isForeignPage } from "./http/own-origin.ts";
import type { HttpServer } from "./http/server.ts";
import { takeUpgradeHandler } from "./http/take-upgrade-handler.ts";
import { upgradeSignatureIsValid } from "./telephony/signature.ts";

/** Whether the carrier asks: by its signature where there is a token, else at least not another site's page. */
export function isCarriersUpgrade(
  { headers }: IncomingMessage,
  { twilio, corsOrigins }: Pick<Config, "twilio" | "corsOrigins">,
  publicUrl: string,
): boolean {
  if (twilio.authToken === undefined)
    return !isForeignPage(headers, { publicUrl: () => publicUrl, corsOrigins });
  const url = publicUrl.replace(/^http/, "ws") + MEDIA_PATH;
  return upgradeSignatureIsValid(twilio.authToken, headers["x-twilio-signature"], url);
}

/** Gives upgrades for media to the gateway, and all others to the live feeds. The HTTP server must be ready. */
export function shareUpgrades(http: HttpServer, media: MediaStreamServer): void {
  const otherUpgrade = takeUpgradeHandler(http);
  http.server.on("upgrade", (request: IncomingMessage, socket, head) => {
    socket.on("error", () => socket.destroy()); // Node has taken its own listener off
    if (pathOf(request) === MEDIA_PATH) media.handleUpgrade(request, socket, head);
    else otherUpgrade(request, socket, head);
  });
}

/** The URL of a server that listens on this host. */
export function urlAt(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Where this machine itself reaches it. */
export function ownUrlAt(host: string, port: number): string {
  if (host === "0.0.0.0") return urlAt("127.0.0.1", port);
  return urlAt(host === "::" ? "::1" : host, port);
}

function pathOf(request: IncomingMessage): string {
  const [path = ""] = (request.url ?? "").split("?");
  return path.replace(/\/$/, "");
}
