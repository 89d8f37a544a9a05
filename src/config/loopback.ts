import { isIPv4 } from "node:net";

/** Whether only programs of this machine reach the host: `localhost`, 127.0.0.0/8 and ::1 (RFC 6890). */
export function isLoopback(hostname: string): boolean {
  const name = hostname.toLowerCase();
  if (name === "localhost" || name === "::1" || name === "[::1]") return true;
  return isIPv4(name) && name.startsWith("127.");
}
