import { join } from "node:path";
import { type ServerProcess, startServerProcess } from "./server-process.ts";

/** What is measured side by side. */
export type SystemName = "earshot" | "minimal cascade" | "bare echo";

/** How a simulated phone reaches a system. */
export interface Dialled {
  readonly voiceUrl: string;
  readonly twiml?: string;
}

export interface SystemUnderTest {
  readonly name: SystemName;
  readonly server: ServerProcess;
  readonly dialled: Dialled;
  /** It recognises, thinks and speaks; an echo does not. */
  readonly converses: boolean;
}

/** Short, so that the first question need not wait for long. */
export const GREETING = "Hello, how can I help?";

const FILES: Readonly<Record<SystemName, string>> = {
  earshot: join(import.meta.dirname, "../src/main.ts"),
  "minimal cascade": join(import.meta.dirname, "minimal-cascade.ts"),
  "bare echo": join(import.meta.dirname, "bare-echo.ts"),
};

/** Starts a system in a process of its own, pointed at the vendors by `environment`. */
export async function startSystem(
  name: SystemName,
  environment: Readonly<Record<string, string>>,
  nodeOptions: readonly string[] = [],
): Promise<SystemUnderTest> {
  const server = await startServerProcess({
    file: FILES[name],
    environment: { MAX_CALLS: "10000", MAX_LATENESS: "0", AGENT_GREETING: GREETING, ...environment },
    nodeOptions,
  });
  return { name, server, dialled: dialled(name, server.url), converses: name !== "bare echo" };
}

/** Only the product has a voice webhook; the yardsticks get their TwiML from here. */
function dialled(name: SystemName, url: string): Dialled {
  if (name === "earshot") return { voiceUrl: `${url}/api/phone/incoming` };
  const stream = `${url.replace("http", "ws")}/media`;
  return {
    voiceUrl: `${url}/`,
    twiml: `<Response><Connect><Stream url="${stream}"/></Connect></Response>`,
  };
}
