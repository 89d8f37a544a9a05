import { parentPort } from "node:worker_threads";
import { EventLoopDelay } from "../../src/telemetry/event-loop-delay.ts";

const delay = new EventLoopDelay();
delay.start();
parentPort?.on("message", () => parentPort?.postMessage(delay.read()));
